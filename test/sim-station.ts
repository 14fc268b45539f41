/** An emulated station: a battery with an AC side that sends the frames of a real one. It has no timers. */
import { SimBattery, type SimStationOptions, type SimStationState } from "../src/sim/battery.ts";
import { JsonSpeech } from "../src/sim/speech-json.ts";
import { jsonFamilyOf } from "../src/sim/speech-json-values.ts";
import { ProtobufSpeech } from "../src/sim/speech-protobuf.ts";

export interface SimStation {
  readonly soc: number;
  readonly outputOn: boolean;
  setGrid(up: boolean): void;
  setLoad(watts: number): void;
  /** Advances by seconds; returns the payloads sent meanwhile, oldest first. */
  advance(seconds: number): Uint8Array[];
  state(): SimStationState;
}

/** Builds a station; it sends nothing yet, and everything in its first second, as after the app's request. */
export function createSimStation(options: SimStationOptions): SimStation {
  const battery = new SimBattery(options);
  const json = jsonFamilyOf(options.serial) !== null;
  const speech = json ? new JsonSpeech(battery) : new ProtobufSpeech(battery);
  let sec = 0;
  let rest = 0;
  return {
    get soc() {
      return battery.state().soc;
    },
    get outputOn() {
      return battery.state().outputOn;
    },
    setGrid: (up) => battery.setGrid(up),
    setLoad: (watts) => battery.setLoad(watts),
    state: () => battery.state(),
    advance(seconds) {
      const frames: Uint8Array[] = [];
      rest += seconds;
      while (rest >= 1) {
        rest -= 1;
        battery.second();
        frames.push(...speech.speak(sec));
        sec += 1;
      }
      return frames;
    },
  };
}
