// What the bundler knows and the compiler does not.
declare module "*.css";
declare module "monaco-editor/esm/vs/editor/editor.worker.js" {
  export function initialize(create: (context: never, createData: never) => object): void;
}
