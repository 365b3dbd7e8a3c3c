// Dockerfile, compose.yaml and what it mounts: valid by their tools' rules, and consistent with the server and each other.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DCLinter } from "dclint";
import { validate } from "dockerfile-utils";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/read-config.ts";
import { findUnknownVariables, pathOf, REST_MS, readImage, readProjectFile, readYaml } from "../support/deployment.ts";
import { startProcess } from "../support/process.ts";

const DIGEST = /^[\w./-]+:[\w.-]+@sha256:[\da-f]{64}$/;
const image = readImage();
const compose = readYaml("compose.yaml");

describe("Dockerfile", () => {
  test("it has no fault, and its bases have exact digests", () => {
    expect(validate(readProjectFile("Dockerfile"))).toEqual([]);
    expect(image.bases.length).toBeGreaterThan(0);
    for (const base of image.bases) expect(base).toMatch(DIGEST);
  });

  test("packages run no scripts, and neither development's nor the sandbox's are in the image", () => {
    const installs = image.runs.filter((run) => run.includes("npm ci"));
    expect(installs).toEqual(["npm ci --ignore-scripts", "npm ci --omit=dev --omit=optional --ignore-scripts"]);
  });

  test("its variables are the server's, its port is the default one, its user is not root", () => {
    expect(findUnknownVariables(Object.keys(image.environment))).toEqual([]);
    expect(image.environment).toMatchObject({ NODE_ENV: "production", HOST: "0.0.0.0" });
    expect(image.last("EXPOSE")).toBe(String(readConfig({}).PORT));
    expect(image.last("USER")).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test("its command starts the server, its health check passes while that runs and fails after its stop signal", async () => {
    const [program, ...parameters] = image.command;
    expect([program, parameters]).toEqual(["node", ["dist/main.js"]]);
    const server = startProcess({ ...image.environment, PORT: "0", OPENAI_API_KEY: "sk-a", ALLOW_ANONYMOUS: "true" });
    const { port } = new URL(await server.url);
    const check = () => spawnSync(process.execPath, image.healthcheck.slice(1), { env: { PORT: port } }).status;
    expect(image.healthcheck[0]).toBe("node");
    expect(check()).toBe(0);
    server.child.kill(image.last("STOPSIGNAL") as NodeJS.Signals);
    expect(await server.ended).toBe(0);
    expect(check()).toBe(1);
  });
});

describe("compose.yaml", () => {
  const services = Object.entries<Record<string, never>>(compose.services);
  const server = compose.services.server;

  /** The faults by the Compose specification's schema, and by the linter's rules. */
  function lint(path: string): unknown[] {
    // `image` beside `build` names what was built.
    const linter = new DCLinter({ rules: { "no-build-and-image": 0 }, quiet: true, debug: false, exclude: [] });
    return linter
      .lintFiles([path], false)
      .flatMap((result: { messages: { type: string }[] }) => result.messages)
      .filter(({ type }: { type: string }) => type === "error");
  }

  test("it is valid by the Compose specification, which finds a misspelt field", () => {
    expect(lint(pathOf("compose.yaml"))).toEqual([]);
    const wrong = join(mkdtempSync(join(tmpdir(), "compose-")), "compose.yaml");
    writeFileSync(wrong, readProjectFile("compose.yaml").replace("cap_drop", "cap_dorp"));
    expect(lint(wrong)).not.toEqual([]);
  });

  test.each(services)("%s: pinned, read-only, without privileges, limited", (_, service) => {
    expect(service).toMatchObject({
      image: service.build ? "openai-graphql-server:0.1.0" : expect.stringMatching(DIGEST),
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      mem_limit: expect.any(String),
    });
    // The server's own is the image's.
    expect(Boolean(service.healthcheck)).toBe(!service.build);
  });

  test("the server's variables exist, and no secret has a value", () => {
    expect(findUnknownVariables(Object.keys(server.environment))).toEqual([]);
    for (const [name, value] of Object.entries<string>(server.environment)) {
      if (/KEY$/.test(name)) expect(value).toMatch(/^\$\{/);
    }
    expect(server.environment.CLIENT_KEYS_FILE).toBe(`/run/secrets/${server.secrets[0]}`);
  });

  test("Redis has room for the pictures and sounds of a process, beside its counters and kept answers", () => {
    const { command, mem_limit } = compose.services.redis;
    const [maxmemory = "", limit = ""] = [command[command.indexOf("--maxmemory") + 1], mem_limit];
    const { MEDIA_MAX_BYTES } = readConfig({});
    expect(Number.parseInt(maxmemory, 10) * 2 ** 20).toBeGreaterThanOrEqual(2 * MEDIA_MAX_BYTES);
    // Its file on disk is written anew by a copy of the process.
    expect(Number.parseInt(limit, 10)).toBeGreaterThanOrEqual(2 * Number.parseInt(maxmemory, 10));
  });

  test("ports, paths and times agree", () => {
    expect(server.ports).toEqual([`127.0.0.1:4000:${image.last("EXPOSE")}`]);
    const { DRAIN_DELAY_MS, DRAIN_MS } = server.environment;
    expect(server.stop_grace_period).toMatch(/^\d+s$/);
    expect(Number.parseInt(server.stop_grace_period, 10) * 1000).toBeGreaterThan(
      Number(DRAIN_DELAY_MS) + Number(DRAIN_MS) + REST_MS,
    );
    const [target] = readYaml("deploy/prometheus.yaml").scrape_configs[0].dns_sd_configs;
    expect(target).toMatchObject({ names: ["server"], port: Number(server.environment.METRICS_PORT) });
    const { grafana } = compose.services;
    const mounts = new Map<string, string>(grafana.volumes.map((volume: string) => volume.split(":").slice(0, 2)));
    const { path } = readYaml("deploy/grafana/dashboards.yaml").providers[0].options;
    expect(mounts.get("./deploy/grafana-dashboard.json")).toBe(`${path}/server.json`);
    expect(readYaml("deploy/grafana/datasources.yaml").datasources[0].url).toBe("http://prometheus:9090");
  });

  test("every file that is mounted is there", () => {
    const sources = services
      .flatMap(([, service]) => (service.volumes ?? []) as string[])
      .map((it) => it.split(":")[0]);
    const files = sources.filter((source) => source?.startsWith("./"));
    expect(files.filter((file) => !existsSync(pathOf(file ?? "")))).toEqual([]);
  });
});
