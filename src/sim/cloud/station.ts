/** A station as the cloud knows it: its battery, what it sends to each API, and the last values that reached the cloud. */
import { modelOf } from "../../core/decode/models.ts";
import { SimBattery } from "../battery.ts";
import type { CloudStationSetup, StationLink } from "./scene.ts";
import { type Pushes, type Voice, voiceOf } from "./voices.ts";

/** What the developer API does not serve: the River 3 line, and of the Delta 3 line this model (1006, as of 2026). */
const closedLine = "river3";
const closedModel = "DELTA 3 Plus";
/** Seconds between two pushes of the last values in `repeating`. */
const repeatSec = 15;
const nothing: Pushes = { app: [], open: [] };

export class CloudStation {
  readonly setup: CloudStationSetup;
  readonly battery: SimBattery;
  /** Served by the developer API. */
  isOpen: boolean;
  readonly #voice: Voice;
  #link: StationLink = "live";
  #spokenSec = 0;

  constructor(setup: CloudStationSetup) {
    this.setup = setup;
    this.battery = new SimBattery(setup);
    this.#voice = voiceOf(this.battery);
    // The cloud has values of it from an earlier session.
    this.#voice.remember();
    const model = modelOf(setup.serial);
    const isClosed = model?.family === closedLine || model?.name === closedModel;
    this.isOpen = !isClosed && setup.isShared !== true;
  }

  get serial(): string {
    return this.setup.serial;
  }

  /** The name of the model, as the cloud lists it. */
  get productName(): string {
    return modelOf(this.serial)?.name ?? "";
  }

  /** A station that comes back sends everything, as after its start. */
  setLink(link: StationLink): void {
    if (link !== this.#link) this.#spokenSec = 0;
    this.#link = link;
  }

  /** The cloud's online flag. It stays true while only the values are old. */
  get isOnline(): boolean {
    return this.#link !== "offline";
  }

  /** The values that reached the cloud last, as `quota/all` gives them. */
  get values(): Readonly<Record<string, unknown>> {
    return this.#voice.values();
  }

  /** The answer to the app's request for everything, from the cloud's memory; null where the line does not know the request. */
  answer(request: Uint8Array): Uint8Array | null {
    return this.#voice.answer(request, this.isOnline);
  }

  /** Lets one second pass. `wall` is the cloud's time, epoch ms. */
  second(wall: number): Pushes {
    this.battery.second();
    const sec = this.#spokenSec++;
    const { app, open } = this.#said(sec, wall);
    return { app, open: this.isOpen ? open : [] };
  }

  #said(sec: number, wall: number): Pushes {
    if (this.#link === "repeating") return sec % repeatSec === 0 ? this.#voice.repeat(wall) : nothing;
    if (this.#link !== "live") return nothing;
    const said = this.#voice.speak(sec, wall);
    if (said.app.length > 0) this.#voice.remember();
    return said;
  }
}
