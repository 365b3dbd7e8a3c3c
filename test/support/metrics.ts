// Reads a Prometheus page.
import { expect } from "vitest";

/** One line of it. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** What a page says: its samples, and the type of each metric. */
export interface Scrape {
  text: string;
  samples: Sample[];
  types: Map<string, string>;
  /** The value of the one sample with at least these labels; undefined where there is none. */
  value(name: string, labels?: Record<string, string>): number | undefined;
}

/** Scrapes `url`. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  return readScrape(await response.text());
}

/** Reads the text format. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function readScrape(text: string): Scrape {
  const samples = text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name = "", labels = "", value] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, quoted]) => [key, quoted]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]));
  return {
    text,
    samples,
    types,
    value(name, labels = {}) {
      const found = samples.filter(
        (sample) =>
          sample.name === name && Object.entries(labels).every(([key, wanted]) => sample.labels[key] === wanted),
      );
      expect(found.length).toBeLessThan(2);
      return found[0]?.value;
    },
  };
}
