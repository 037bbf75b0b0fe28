// The three things of Node that the walk uses.
declare module "node:crypto" {
  export function randomUUID(): string;
}
declare module "node:fs" {
  export function readFileSync(path: string, encoding: "utf8"): string;
}
declare const process: { argv: string[] };
