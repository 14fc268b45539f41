/** Finds the settings, keys, commands and options that a page names, and those of them that nothing of ours knows. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { nodeAt, schemaTree } from "../src/config/json-schema.ts";
import { allVariables } from "../src/config/variables.ts";

export interface Built {
  /** Every word of the code, the agents and the examples. */
  words: ReadonlySet<string>;
  /** The options of each command of the command line. */
  options: Readonly<Record<string, readonly string[]>>;
  /** What the agents' script takes: its commands and its options. */
  agent: readonly string[];
}

const start = readFileSync("agents/common/start.sh", "utf8");
const listed = (name: string) => new RegExp(`^${name}="([^"]+)"`, "m").exec(start)?.[1]?.split(/\s+/) ?? [];
const agentSettings = new Set([
  ...listed("SETTINGS"),
  ...listed("NUMBERED").flatMap((name) => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `${name}_${i}`)),
]);

const isSetting = (name: string) => agentSettings.has(name) || allVariables().includes(name);

interface Block {
  language: string;
  text: string;
}

const blockPattern = /^ *```(\w*)\n([\s\S]*?)^ *```$/gm;

const blocksOf = (page: string): Block[] =>
  [...page.matchAll(blockPattern)].map(([, language = "", text = ""]) => ({ language, text }));

const spansOf = (page: string): string[] =>
  [...page.replace(blockPattern, "").matchAll(/`([^`]+)`/g)].map(([, code = ""]) =>
    code.replace(/\s+/g, " "),
  );

/** Answers what a page names and nobody built; `foreign` are words of other programs that the page explains. */
export function unbuilt(page: string, built: Built, foreign: readonly string[] = []): string[] {
  const spans = spansOf(page);
  const blocks = blocksOf(page);
  const found = [
    ...spans.flatMap((span) => unknownWords(span, built)),
    ...spans.flatMap(unknownPath),
    ...blocks.flatMap(({ language, text }) => (language === "yaml" ? unknownKeys(parse(text), []) : [])),
    ...blocks.flatMap(({ language, text }) => (language === "yaml" ? [] : unknownSettings(text))),
    ...[...spans, ...blocks.flatMap(({ text }) => text.split("\n"))].flatMap((line) =>
      unknownOptions(line, built),
    ),
  ];
  return [...new Set(found)].filter((name) => !foreign.includes(name));
}

/** A word of a span: `runsOn`, `wake_after`, `DEAD_MAN`. Numbered settings end with a range. */
function unknownWords(span: string, { words }: Built): string[] {
  const names = span.replace(/(_\d)…\d/g, "$1").match(/[A-Za-z_]\w*/g) ?? [];
  return names.filter((name) => !words.has(name) && !isSetting(name));
}

const sections = Object.keys(schemaTree().properties ?? {});

/** `policy.debounceSec`, `machines.<name>.key`: a path of the configuration. */
function unknownPath(span: string): string[] {
  const path = /^([a-z]\w*)((?:\.[\w<>-]+)+)(?::.*)?$/i.exec(span);
  if (path === null || !sections.includes(path[1] ?? "")) return [];
  const steps = `${path[1]}${path[2]}`.split(".");
  return nodeAt(steps) === null ? [steps.join(".")] : [];
}

function unknownKeys(value: unknown, path: readonly string[]): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = [...path, key];
    return nodeAt(at) === null ? [at.join(".")] : unknownKeys(inner, at);
  });
}

/** `NAME=value` at the begin of a line of a settings file. */
function unknownSettings(text: string): string[] {
  const names = [...text.matchAll(/^ *(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(([, name = ""]) => name);
  return names.filter((name) => !isSetting(name));
}

function unknownOptions(line: string, { options, agent }: Built): string[] {
  const told = line.replace(/#.*$/, "");
  const own = /(?<![\w/.-])(?:ecoflow-power|dist\/main\.js) ([a-z]+)(.*)$/.exec(told);
  const listener = /shutdown-listener\.sh(?: ([a-z]+))?((?: --?[a-z-]+\S*)*)/.exec(told);
  const flags = (rest = "") => [...rest.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].map(([flag]) => flag);
  const ofCommand =
    own === null ? [] : flags(own[2]).filter((flag) => !options[own[1] ?? ""]?.includes(flag));
  if (listener === null) return ofCommand;
  const words = [...(listener[1] === undefined ? [] : [listener[1]]), ...flags(listener[2])];
  return [...ofCommand, ...words.filter((word) => !agent.includes(word))];
}
