// Loaded into the server under soak ahead of it: tells its memory and what keeps its event loop busy, when it is asked.
// It collects garbage first: without that RSS is what the collector has not looked at yet, up and down by 50 MB.
process.on("message", () => {
  const handles = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ rss, heapUsed, handles });
});
// The channel is not to keep alive what would end without it.
process.channel?.unref();
