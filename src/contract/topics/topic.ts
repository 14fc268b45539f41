/** What a topic is: its pattern, its owner, who may see it, and what it carries. */
import type { z } from "zod";

export interface Topic<T> {
  readonly key: string;
  /** `{name}` is a placeholder for one level. */
  readonly pattern: string;
  /** The room that alone may publish it; `sources` = every room that is a source; `agents` = machines; `*` = every room. */
  readonly owner: string;
  readonly retained: boolean;
  /** Private topics reach the broker only when the rooms run in several processes (`run --only`). */
  readonly visibility: "public" | "private";
  /** `local`: never leaves the process. */
  readonly codec: "json" | "raw" | "local";
  readonly schema: z.ZodType<T>;
  /** What other publishers may send there; without it the schema above. */
  readonly inbound?: z.ZodType<unknown>;
  readonly about: string;
}

type Defaulted = "visibility" | "codec";
/** Makes a topic; public and JSON unless the definition says otherwise. */
export const topic = <T>(
  definition: Omit<Topic<T>, Defaulted> & Partial<Pick<Topic<T>, Defaulted>>,
): Topic<T> => Object.freeze({ visibility: "public", codec: "json", ...definition });
