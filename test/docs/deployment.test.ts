// The settings that docs/deployment.md and docs/configuration.md print are accepted, and fit each other.
import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readConfig } from "../../src/config/read-config.ts";
import { variables } from "../../src/config/variables.ts";
import { findBlock } from "../support/docs.ts";

const PAGE = "docs/deployment.md";

/** What the image sets. */
const image = { NODE_ENV: "production", HOST: "0.0.0.0" };

test("the .env of the page is a configuration", () => {
  const env = parseEnv(findBlock("docs/configuration.md", "sh", "PORT=4001").replace("…", "0123456789"));
  expect(readConfig(env)).toMatchObject({
    PORT: 4001,
    CLIENT_KEYS: [{ id: "web", limits: { requestsPerMinute: 60 } }],
  });
});

test("Fly.io calls the port and the paths that the server has, and waits until it has stopped", () => {
  const toml = findBlock(PAGE, "toml", "http_service");
  const commands = findBlock(PAGE, "sh", "fly secrets");
  const own = Object.fromEntries(
    [...toml.matchAll(/^ {2}([A-Z_]+) = "(.*)"$/gm)].map(([, name, value]) => [name, value]),
  );
  expect(Object.keys(own).filter((name) => !(name in variables))).toEqual([]);
  const [, key = ""] = /OPENAI_API_KEY=(\S+)/.exec(commands) ?? [];
  const [, CLIENT_KEYS = ""] = /CLIENT_KEYS='(.*)'/.exec(commands) ?? [];
  const config = readConfig({ ...image, ...own, OPENAI_API_KEY: key.replace("…", "0123456789"), CLIENT_KEYS });
  expect(toml).toContain(`internal_port = ${config.PORT}\n`);
  expect(toml).toContain('path = "/readyz"');
  const [, seconds] = /kill_timeout = (\d+)/.exec(toml) ?? [];
  expect(Number(seconds) * 1000).toBeGreaterThan(config.DRAIN_DELAY_MS + config.DRAIN_MS + 6_000);
});

test("Render's blueprint has the settings of one service", () => {
  const { services } = parse(findBlock(PAGE, "yaml", "runtime: docker"));
  expect(services).toHaveLength(1);
  const { envVars, healthCheckPath } = services[0] as {
    envVars: { key: string; value?: string }[];
    healthCheckPath: string;
  };
  expect(healthCheckPath).toBe("/readyz");
  const secrets = { OPENAI_API_KEY: "sk-0", CLIENT_KEYS: '[{"id": "web", "key": "a-long-random-text"}]' };
  const own = Object.fromEntries(envVars.map(({ key, value }) => [key, value ?? secrets[key as keyof typeof secrets]]));
  expect(readConfig({ ...image, ...own })).toMatchObject({ METRICS: false, PORT: 4000 });
});
