/** How one setting is declared: its type with unit and range, its default, its text, and its place in the program. */
import { z } from "zod";
import { toSeconds } from "./units.ts";

/** What a setting is, besides its type and default. Everything that reads settings reads it from here. */
export interface Entry {
  /** What it means, without the unit and without what follows from the other fields. */
  about: string;
  /** What holds where it is left out. */
  leftOut?: string;
  /** A remark at the end of the description. */
  note?: string;
  /** The environment variable that sets it. */
  env?: string;
  /** True for a value that no sentence and no log line may show; `<env>_FILE` may name a file with it. */
  secret?: true;
  /** True for a path of a file or folder: one in a file counts from the folder of that file. */
  isPath?: true;
  /** The default where no YAML file was read. */
  withoutYaml?: number;
  /** Where the program uses it: a path of `SitePlan`, where `*` is a name or index, or what reads it instead. */
  feeds: string;
}

/** Names of the fields that only this program reads; the published JSON Schema is without them. */
export const ownFields = ["usual", "env", "secret", "isPath", "withoutYaml", "feeds"] as const;

/** Reads "20" as 20, because the environment has only texts; leaves anything else for the schema to refuse. */
function toNumber(value: unknown): unknown {
  return typeof value === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
}

const day = 86_400;
export const seconds = (min = 0, max = day) =>
  z.preprocess(toSeconds, z.int().min(min).max(max)).meta({ unit: "seconds" });
const number = (min: number, max: number) => z.preprocess(toNumber, z.number().min(min).max(max));
export const percent = (min = 1, max = 100) => number(min, max).meta({ unit: "percent" });
export const points = (min: number, max: number) => number(min, max).meta({ unit: "percentage points" });
export const watts = (min: number, max: number) => number(min, max).meta({ unit: "watts" });
export const wattHours = (min: number, max: number) => number(min, max).meta({ unit: "watt hours" });
export const whole = (min: number, max: number) => z.preprocess(toNumber, z.int().min(min).max(max));
export const text = () => z.string().min(1).max(1_000);

/** A setting with a default. `usual` repeats it for people, because zod drops it where a text becomes a number. */
export const usual = <T extends z.ZodType>(schema: T, value: z.output<T>, entry: Entry): z.ZodDefault<T> =>
  z
    ._default(schema, value as Parameters<typeof z._default<T>>[1])
    .meta({ usual: value, ...metaOf(schema, entry) });

/** A setting that may be left out: its value is null then. */
export const optional = <T extends z.ZodType>(schema: T, entry: Entry) =>
  schema
    .optional()
    .transform((value): z.output<T> | null => value ?? null)
    .meta(metaOf(schema, entry));

/** A setting without a default. */
export const required = <T extends z.ZodType>(schema: T, entry: Entry): T =>
  schema.meta(metaOf(schema, entry));

function metaOf(schema: z.ZodType, { about, leftOut, note, ...fields }: Entry) {
  const unit = unitOf(schema);
  const first = unit === undefined ? about : `${about}, ${unit}`;
  const { withoutYaml } = fields;
  const rest = [
    leftOut === undefined ? null : `left out: ${leftOut}`,
    withoutYaml === undefined ? null : `${withoutYaml} where only an .env configures`,
    note,
  ].filter((part) => part != null);
  return { ...fields, description: [first, ...rest].join("; ") };
}

/** The unit of a number, also of one that may be a word instead. */
function unitOf(schema: z.ZodType): string | undefined {
  const options = schema instanceof z.ZodUnion ? (schema.options as z.ZodType[]) : [schema];
  return options.map((option) => option.meta()?.["unit"]).find((unit) => typeof unit === "string");
}
