// Tailcall, by its binary from npm, which exists for glibc on x64 only. It has no uploads and no subscriptions.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { useNewerLibc } from "./newer-libc.mjs";

const BINARY = fileURLToPath(new URL("../node_modules/@tailcallhq/core-linux-x64-gnu/bin/tailcall", import.meta.url));
const DIRECTORY = fileURLToPath(new URL("../results", import.meta.url));

let command;

/** Yields the command that starts it. Throws if the binary does not run on this machine, with a newer C library either. */
export function prepareTailcall({ port, environment }) {
  command ??= findCommand();
  mkdirSync(DIRECTORY, { recursive: true });
  const file = `${DIRECTORY}/tailcall-${port}.graphql`;
  writeFileSync(file, format(port, environment));
  return {
    command: [...command, "start", file],
    environment: { TAILCALL_TRACKER: "false", TAILCALL_LOG_LEVEL: "error" },
  };
}

/** The binary is built for glibc 2.39; on an older Debian it gets that of Debian 13. */
function findCommand() {
  if (complaintOf([BINARY]) === undefined) return [BINARY];
  const withLibc = useNewerLibc(BINARY);
  const complaint = complaintOf(withLibc);
  if (complaint !== undefined) throw new Error(`it does not run here: ${complaint}`);
  return withLibc;
}

/** What the loader says if the program cannot start, without the binary's path. */
function complaintOf([file, ...parameters]) {
  const { error, status, stderr } = spawnSync(file, [...parameters, "--version"], { encoding: "utf8" });
  if (status === 0) return undefined;
  return error?.message ?? stderr.split("\n")[0].replaceAll(`${BINARY}: `, "");
}

function format(port, { OPENAI_BASE_URL, OPENAI_API_KEY }) {
  const headers = `headers: [{ key: "authorization", value: "Bearer ${OPENAI_API_KEY}" }]`;
  return `schema @server(hostname: "127.0.0.1", port: ${port}) { query: Query mutation: Mutation }

type Query {
  models: ModelList @http(url: "${OPENAI_BASE_URL}/models", ${headers})
}
type Mutation {
  chat(input: ChatInput_Input!): ChatCompletion
    @http(url: "${OPENAI_BASE_URL}/chat/completions", method: POST, body: "{{.args.input}}", ${headers})
}

input ChatInput_Input { model: String! messages: [MessageInput!]! max_completion_tokens: Int }
input MessageInput { role: String! content: String }
type ChatCompletion { id: String created: Int model: String choices: [Choice] usage: Usage }
type Choice { index: Int message: Message finish_reason: String }
type Message { role: String content: String }
type Usage { prompt_tokens: Int completion_tokens: Int total_tokens: Int }
type ModelList { data: [Model] }
type Model { id: String object: String created: Int owned_by: String }
`;
}
