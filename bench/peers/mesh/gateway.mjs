// Mesh v1: Hive Gateway's runtime as its command line starts it in one process; files are the only thing it is asked to do beyond its defaults.
import { createServer } from "node:http";
import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";

const gateway = createGatewayRuntime({ supergraph: "./supergraph.graphql", logging: "error", multipart: true });
createServer(gateway).listen(Number(process.env.PORT), "127.0.0.1");
