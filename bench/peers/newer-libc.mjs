// Debian 13's C library, unpacked into bench/results for programs that need a newer one than the machine has. apt brings it
// from the mirror that the machine's own list of sources names; nothing is installed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DIRECTORY = fileURLToPath(new URL("../results/debian-13", import.meta.url));
const LIBRARIES = `${DIRECTORY}/unpacked/usr/lib/x86_64-linux-gnu`;
const LOADER = `${LIBRARIES}/ld-linux-x86-64.so.2`;
const SOURCES = "/etc/apt/sources.list.d/debian.sources";

/** Yields a command that starts the program with that library. Throws if the library cannot be had. */
export function useNewerLibc(program) {
  if (!existsSync(LOADER)) unpack();
  return [LOADER, "--library-path", `${LIBRARIES}:/usr/lib/x86_64-linux-gnu`, program];
}

function unpack() {
  if (!existsSync(SOURCES)) throw new Error("its C library comes from Debian's mirror, and this machine names none");
  mkdirSync(`${DIRECTORY}/lists/partial`, { recursive: true });
  writeFileSync(`${DIRECTORY}/debian-13.sources`, createSources(readFileSync(SOURCES, "utf8")));
  const options = {
    "Dir::Etc::SourceList": `${DIRECTORY}/debian-13.sources`,
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State::Lists": `${DIRECTORY}/lists`,
    "Dir::Cache": DIRECTORY,
    "APT::Sandbox::User": "root",
  };
  const given = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  run("apt-get", [...given, "update"]);
  run("apt-get", [...given, "download", "libc6"]);
  const file = readdirSync(DIRECTORY).find((name) => /^libc6_.*_amd64\.deb$/.test(name));
  run("dpkg-deb", ["--extract", file, `${DIRECTORY}/unpacked`]);
}

/** The machine's own mirror, without its list of security updates, with the suite of Debian 13. */
function createSources(sources) {
  return sources
    .split(/\n{2,}/)
    .filter((source) => source.includes("URIs:") && !source.includes("-security"))
    .map((source) => source.replace(/^Suites:.*/m, "Suites: trixie"))
    .join("\n\n");
}

function run(command, parameters) {
  const { error, status, stderr } = spawnSync(command, parameters, { cwd: DIRECTORY, encoding: "utf8" });
  if (status !== 0) throw new Error(`its C library cannot be had: ${error?.message ?? stderr.split("\n")[0]}`);
}
