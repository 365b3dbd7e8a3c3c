// Tells Monaco where its workers are: files of this server, which the page names.

const settings: { workers: Record<string, string> } = JSON.parse(
  document.getElementById("settings")?.textContent ?? "",
);

Object.assign(globalThis, {
  MonacoEnvironment: {
    globalAPI: false,
    getWorker(_module: string, label: string): Worker {
      const url = settings.workers[label] ?? settings.workers.editor;
      return new Worker(new URL(`${url}`, document.baseURI), { type: "module" });
    },
  },
});
