// Loaded into the server under soak before its own code: reports, on request, its memory and what keeps its event loop busy.
// It collects garbage first: without that, RSS includes what the collector has not visited yet, and varies by 50 MB.
process.on("message", () => {
  const handles = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ rss, heapUsed, handles });
});
// The channel is not to keep alive what would end without it.
process.channel?.unref();
