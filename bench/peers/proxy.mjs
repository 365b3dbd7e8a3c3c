// The bare proxy, the limit of what Node can do: node:http in front of undici's Pool.dispatch. It passes bytes on unread.
import { createServer } from "node:http";
import { Pool } from "undici";

const { PORT, OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
const upstream = new URL(OPENAI_BASE_URL);
const pool = new Pool(upstream.origin, { pipelining: 1 });
const authorization = `Bearer ${OPENAI_API_KEY}`;

const server = createServer({ noDelay: true }, (req, res) => {
  const { method, url } = req;
  const headers = { authorization };
  for (const name of ["content-type", "content-length"]) if (req.headers[name]) headers[name] = req.headers[name];
  const isWhole = req.headers["content-type"] === "application/json";
  if (method === "GET") dispatch({ method, path: url, headers }, res);
  else if (!isWhole) dispatch({ method, path: url, headers, body: req }, res);
  else {
    const pieces = [];
    req.on("data", (bytes) => pieces.push(bytes));
    req.on("end", () => {
      const body = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
      dispatch({ method, path: url, headers, body }, res);
    });
  }
});
server.listen(Number(PORT), "127.0.0.1");

function dispatch(options, res) {
  pool.dispatch(options, {
    onRequestStart(controller) {
      res.on("close", () => {
        if (!res.writableFinished) controller.abort(new Error("The client has gone."));
      });
    },
    onResponseStart(controller, status, headers) {
      const length = headers["content-length"];
      const type = { "content-type": headers["content-type"] };
      res.writeHead(status, length === undefined ? type : { ...type, "content-length": length });
      res.on("drain", () => controller.resume());
    },
    onResponseData(controller, bytes) {
      if (!res.write(bytes)) controller.pause();
    },
    onResponseEnd() {
      res.end();
    },
    onResponseError() {
      res.destroy();
    },
  });
}
