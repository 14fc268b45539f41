/** What each family lists as seen in real captures is exactly what the captures of each model show. */
import { describe, expect, it } from "vitest";
import { payloadOf } from "../../src/cli/decode-lines.ts";
import type { Claim, FamilyAbout, Seen } from "../../src/core/decode/families/about.ts";
import { familyRulesOf } from "../../src/core/decode/families/registry.ts";
import { allModels, type Model, modelInText } from "../../src/core/decode/models.ts";
import { createStation, setModel, take } from "../../src/core/station.ts";
import { encodePlain } from "../../src/sim/encode.ts";
import { type Capture, readCaptures } from "./read.ts";

const captures = readCaptures();

const claimsOf = ({ measured, inferred }: FamilyAbout) => [
  ...measured,
  ...(Object.keys(inferred) as Claim[]),
];

/** Returns the original bytes; JSON and bare data are encoded again. */
function bytesOf(capture: Capture): Uint8Array | null {
  const read = payloadOf(JSON.stringify(capture), null);
  if (typeof read === "string") return null;
  const { bytes, json, command } = read.payload;
  if (json !== undefined) return new TextEncoder().encode(JSON.stringify(json));
  return command === undefined ? bytes : encodePlain(bytes, command);
}

/** Returns what one capture shows by itself: the names of its values, and the verdict. */
function look(capture: Capture, model: Model): { grid: string; told: string[] } | null {
  const setup = { id: "s", serial: null, name: null, capacityWh: null, dischargeLimitPercent: null };
  const memory = createStation(setup, true);
  setModel(memory, model);
  const bytes = bytesOf(capture);
  if (bytes === null) return null;
  const { reading } = take(memory, { kind: "frame", source: "capture", bytes, at: 0, wall: 0 });
  if (reading === null) return null;
  const { modules, capacity_wh, ...values } = reading;
  const all = [
    ["capacity_wh", reading.capacity_basis === "measured" ? capacity_wh : null] as const,
    ...Object.entries(values),
    ...(modules ?? []).flatMap((pack) =>
      Object.entries(pack).map(([name, value]) => [`modules.${name}`, value] as const),
    ),
  ];
  return {
    grid: reading.grid,
    told: all.flatMap(([name, value]) => (value === null ? [] : [name])),
  };
}

/** Returns the sum of the captures of a model's name; undefined where there is none. */
function seenOf(model: Model): Seen | undefined {
  const looks = (captures ?? [])
    .filter(({ synthetic, device }) => !synthetic && modelInText(device)?.name === model.name)
    .map((capture) => look(capture, model))
    .filter((found) => found !== null);
  if (looks.length === 0) return undefined;
  const told = new Set(looks.flatMap((found) => found.told));
  return {
    grid: (["present", "lost"] as const).filter((verdict) => looks.some(({ grid }) => grid === verdict)),
    missing: claimsOf(familyRulesOf(model.family, model).about).filter((claim) => !told.has(claim)),
  };
}

const sorted = (seen: Seen | undefined) =>
  seen === undefined ? undefined : { grid: seen.grid, missing: [...seen.missing].sort() };

describe.skipIf(captures === null)("seen in real captures", () => {
  it.each(allModels)("$name ($family)", (model) => {
    const { seen } = familyRulesOf(model.family, model).about;
    expect(sorted(seen[model.name])).toEqual(sorted(seenOf(model)));
  });
});
