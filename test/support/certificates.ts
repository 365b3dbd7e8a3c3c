// Certificates for servers on loopback, made by openssl when a test needs them, so that none expires in the repository.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { whenOver } from "./lifetime.ts";

export interface Certificate {
  key: string;
  cert: string;
}

export interface Authority {
  /** The path of its own certificate, in PEM. */
  path: string;
  /** Issues a certificate for these names, such as `IP:127.0.0.1`. */
  issue(...names: string[]): Promise<Certificate>;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Makes a certificate authority that nobody trusts yet; its files go with the case, or with its `shared`. */
export async function makeAuthority(): Promise<Authority> {
  const folder = mkdtempSync(join(tmpdir(), "certificates-"));
  whenOver(() => rmSync(folder, { recursive: true }));
  const file = (name: string) => join(folder, name);
  const openssl = (...parameters: string[]) => promisify(execFile)("openssl", parameters, { cwd: folder });
  const subject = (name: string) => ["-subj", `/CN=${name}`];
  await openssl("req", "-x509", ...NEW_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", ...subject("Test CA"));
  let count = 0;
  return {
    path: file("ca.pem"),
    async issue(...names) {
      const name = `server-${count++}`;
      writeFileSync(file(`${name}.ext`), `subjectAltName=${names.join(",")}\n`);
      await openssl("req", ...NEW_KEY, "-keyout", `${name}.key`, "-out", `${name}.csr`, ...subject("Test server"));
      const from = ["-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", String(count + 1)];
      await openssl("x509", "-req", ...from, "-days", "2", "-extfile", `${name}.ext`, "-out", `${name}.pem`);
      return { key: readFileSync(file(`${name}.key`), "utf8"), cert: readFileSync(file(`${name}.pem`), "utf8") };
    },
  };
}
