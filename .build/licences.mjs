// The licences of the packages that are in a bundle: those who get the bundle do not get the packages.
import { readdir, readFile } from "node:fs/promises";

/** Yields the names, versions and licences of all packages with a file among `paths`, as text. */
export async function readLicences(paths) {
  const folders = paths.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean);
  const texts = await Promise.all([...new Set(folders)].sort().map(readLicence));
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

async function readLicence(folder) {
  const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
  const files = (await readdir(folder)).filter((file) => /^(?:licen[cs]e|notice|thirdpartynotices)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(`${folder}/${file}`, "utf8")));
  return [`${name} ${version} (${license})`, ...texts].join("\n\n");
}
