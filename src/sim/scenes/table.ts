/** The scenes by name. A further scene is one file and one line here. */
import type { Scene } from "../scene.ts";
import { blip } from "./blip.ts";
import { deadman } from "./deadman.ts";
import { deaf } from "./deaf.ts";
import { frozenCloud } from "./frozen-cloud.ts";
import { long } from "./long.ts";
import { needless } from "./needless.ts";
import { offline } from "./offline.ts";
import { outage } from "./outage.ts";
import { routerDies } from "./router-dies.ts";
import { slow } from "./slow.ts";
import { slowDrain } from "./slow-drain.ts";
import { twoOutages } from "./two-outages.ts";

export const scenes: readonly Scene[] = [
  outage,
  blip,
  routerDies,
  frozenCloud,
  slowDrain,
  twoOutages,
  long,
  offline,
  slow,
  deadman,
  deaf,
  needless,
];
