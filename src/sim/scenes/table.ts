/** The scenes by name. A further scene is one file and one line here. */
import type { Scene } from "../scene.ts";
import { blip } from "./blip.ts";
import { deadman } from "./deadman.ts";
import { deaf } from "./deaf.ts";
import { long } from "./long.ts";
import { offline } from "./offline.ts";
import { outage } from "./outage.ts";
import { slow } from "./slow.ts";

export const scenes: readonly Scene[] = [outage, blip, long, offline, slow, deadman, deaf];
