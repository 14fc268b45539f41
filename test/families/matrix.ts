/** The stories of every family. */
import type { Family } from "../../src/core/decode/models.ts";
import * as directSigns from "./direct-signs.ts";
import * as protobufLine from "./protobuf-line.ts";
import type { FamilyStories } from "./story.ts";

export const matrix: Readonly<Record<Family, FamilyStories>> = { ...protobufLine, ...directSigns };
