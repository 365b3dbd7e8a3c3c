// Node's own modules by `require`, in place of ES imports: an import reads every export of a module, also getters such as
// crypto's, which load all of Web Crypto. That was 20 of 260 ms of a start. What nobody imports is left out.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const NAMESPACE = "builtin";

/** An esbuild plugin. */
export const builtins = {
  name: "builtins",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, kind, namespace }) => {
      if (namespace === NAMESPACE || kind !== "import-statement") return { path, external: true };
      return { path, namespace: NAMESPACE, sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({ contents: moduleOf(path) }));
  },
};

function moduleOf(path) {
  const names = Object.keys(require(path)).filter((name) => name !== "default");
  return [
    `const builtin = require(${JSON.stringify(path)});`,
    "const read = (name) => builtin[name];",
    ...names.map((name, place) => `const _${place} = /* @__PURE__ */ read(${JSON.stringify(name)});`),
    `export { builtin as default, ${names.map((name, place) => `_${place} as ${JSON.stringify(name)}`).join(", ")} };`,
  ].join("\n");
}
