/** The types of fields that several messages share: numbers with their unit and range. */
import { z } from "zod";
import { mostEpoch } from "../../core/command-order.ts";

/** An epoch of this server, at most `mostEpoch`. */
export const epochNumber = z.int().min(0).max(mostEpoch);
/** An epoch that others claim: a higher one still reaches the room that refuses it with an alarm. */
export const claimedEpoch = z.int().min(0);
/** Whole Unix seconds. */
export const epochSec = z.int().min(0).describe("Unix seconds");
/** Makes a value null where it was never reported. */
export const unknownOr = <T extends z.ZodType>(schema: T) => schema.nullable();
/** Watts; null when never reported. */
export const watts = unknownOr(z.number()).describe("watts; null when never reported");
/** Percent, 0 to 100; null when never reported. */
export const percent = unknownOr(z.number().min(0).max(100)).describe("percent; null when never reported");
