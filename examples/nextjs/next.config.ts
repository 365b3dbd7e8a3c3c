import type { NextConfig } from "next";

export default {
  // This folder alone: the repository around it has a lock file, too.
  turbopack: { root: import.meta.dirname },
} satisfies NextConfig;
