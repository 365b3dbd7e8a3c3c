// deploy/kubernetes.yaml: valid by Kubernetes' rules, and consistent with the server, the image and itself.
import { spawnSync } from "node:child_process";
import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Deployment } from "kubernetes-models/apps/v1";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { ConfigMap, Namespace, Service, ServiceAccount } from "kubernetes-models/v1";
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/read-config.ts";
import { findUnknownVariables, pathOf, REST_MS, readImage, readManifest } from "../support/deployment.ts";

const models = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  Service,
  ServiceAccount,
};

const image = readImage();
const manifest = readManifest();
const pod = manifest.Deployment.spec.template.spec;
const [container] = pod.containers;
const settings: Record<string, string> = manifest.ConfigMap.data;

test.each(Object.entries(manifest))("%s is valid by Kubernetes' schema", (kind, object) => {
  const Model = models[kind as keyof typeof models];
  expect(object).toMatchObject({ apiVersion: Model.apiVersion, kind: Model.kind });
  new Model(object).validate();
});

// Kubernetes' schemas allow fields that they do not name; its types do not.
test("it has no field that Kubernetes does not know", () => {
  const folder = mkdtempSync(join(tmpdir(), "kubernetes-"));
  symlinkSync(pathOf("node_modules"), join(folder, "node_modules"));
  const write = (file: string, objects: Record<string, { apiVersion: string }>) => {
    const lines = Object.entries(objects).map(
      ([kind, object]) =>
        `import type { I${kind} } from "kubernetes-models/${object.apiVersion}";\nexport const object${kind}: I${kind} = ${JSON.stringify(object)};\n`,
    );
    writeFileSync(join(folder, file), lines.join(""));
  };
  write("manifest.ts", manifest);
  const misspelt = { ...manifest.PodDisruptionBudget, spec: { maxUnavailabel: 1 } };
  write("misspelt.ts", { PodDisruptionBudget: misspelt });
  const check = (file: string) =>
    spawnSync(
      process.execPath,
      [pathOf("node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--skipLibCheck", "--types", "", file],
      { cwd: folder, encoding: "utf8" },
    ).stdout;
  expect(check("manifest.ts")).toBe("");
  expect(check("misspelt.ts")).toContain("maxUnavailabel");
});

test("it runs as the image's user", () => {
  const { runAsUser, runAsGroup } = pod.securityContext;
  expect(`${runAsUser}:${runAsGroup}`).toBe(image.last("USER"));
});

test("its variables are the server's, and its settings are ones that start it", () => {
  const secrets = container.env.map(({ name }: { name: string }) => name);
  expect(findUnknownVariables([...Object.keys(settings), ...secrets])).toEqual([]);
  expect(secrets).toEqual(["OPENAI_API_KEY", "REDIS_URL"]);
  const environment = { ...settings, OPENAI_API_KEY: "sk-a", REDIS_URL: "rediss://redis" };
  expect(readConfig(environment)).toMatchObject({ NODE_ENV: "production", HOST: "0.0.0.0" });
});

test("no secret is in it: their values come from a Secret made elsewhere", () => {
  expect(manifest.Secret).toBeUndefined();
  for (const { valueFrom } of container.env) expect(valueFrom.secretKeyRef.name).toBe(pod.volumes[0].secret.secretName);
  const [mount] = container.volumeMounts;
  expect(settings.CLIENT_KEYS_FILE).toBe(`${mount.mountPath}/${pod.volumes[0].secret.items[0].path}`);
});

test("ports and labels agree", () => {
  const ports = Object.fromEntries(
    container.ports.map(({ name, containerPort }: { name: string; containerPort: number }) => [
      name,
      `${containerPort}`,
    ]),
  );
  expect(ports).toEqual({ http: settings.PORT, metrics: settings.METRICS_PORT });
  expect(ports.http).toBe(image.last("EXPOSE"));
  const { labels, annotations } = manifest.Deployment.spec.template.metadata;
  expect(annotations["prometheus.io/port"]).toBe(ports.metrics);
  expect(manifest.Service.spec.ports[0].targetPort).toBe("http");
  expect(manifest.NetworkPolicy.spec.ingress.map((rule: { ports: { port: string }[] }) => rule.ports[0]?.port)).toEqual(
    ["http", "metrics"],
  );
  expect(manifest.Service.spec.selector).toEqual(labels);
  for (const kind of ["Deployment", "PodDisruptionBudget"]) {
    expect(manifest[kind].spec.selector.matchLabels).toEqual(labels);
  }
  expect(manifest.NetworkPolicy.spec.podSelector.matchLabels).toEqual(labels);
  expect(manifest.HorizontalPodAutoscaler.spec.scaleTargetRef.name).toBe(manifest.Deployment.metadata.name);
});

test("it may stop as slowly as DRAIN_DELAY_MS and DRAIN_MS let it, and hears of nothing before", () => {
  const needed = Number(settings.DRAIN_DELAY_MS) + Number(settings.DRAIN_MS) + REST_MS;
  expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(needed);
  expect(container.lifecycle).toBeUndefined();
});

test("the server is out of the load balancers before it stops to listen", () => {
  const { periodSeconds, failureThreshold, timeoutSeconds } = container.readinessProbe;
  const heardAfter = (periodSeconds * failureThreshold + timeoutSeconds) * 1000;
  expect(Number(settings.DRAIN_DELAY_MS)).toBeGreaterThan(heardAfter);
});

test("WORKERS are as many as the cores it may use", () => {
  expect(settings.WORKERS).toBe(container.resources.limits.cpu);
});

test("alive is /healthz and ready is /readyz", () => {
  const get = (path: string) => ({ httpGet: { path, port: "http" } });
  expect(container).toMatchObject({
    startupProbe: get("/healthz"),
    livenessProbe: get("/healthz"),
    readinessProbe: get("/readyz"),
  });
});

test("it keeps to the restricted profile, with a read-only root", () => {
  expect(manifest.Namespace.metadata.labels["pod-security.kubernetes.io/enforce"]).toBe("restricted");
  expect(pod).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  });
  expect(container).toMatchObject({
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    resources: { requests: { cpu: expect.any(String) }, limits: { memory: expect.any(String) } },
  });
});
