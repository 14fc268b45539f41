/** Renders events for people: the one place where a code and its parameters become a sentence. */
import type {
  EventCode,
  EventParams,
  Level,
  Notice,
  OverCode,
  OverParams,
  ParamValue,
  Subject,
} from "./event-types.ts";
import { type AlarmCode, catalogue } from "./events.ts";

/** What the catalogue says of a code, whatever the code is. */
interface AnyEntry {
  subject: Subject;
  level: Level | ((params: object) => Level);
  sentence: (params: object) => string;
  overSentence?: (params: object) => string;
  standsSec?: number;
  restartSec?: number;
}

const entries = catalogue as unknown as Readonly<Record<EventCode, AnyEntry>>;

type PlainCode = Exclude<EventCode, AlarmCode>;

const codes = Object.keys(catalogue) as EventCode[];

/** Every code of the catalogue. */
export const eventCodes = codes as [EventCode, ...EventCode[]];
/** The codes that are alarms. */
export const alarmCodes = codes.filter((code) => entries[code].level === "alarm") as [
  AlarmCode,
  ...AlarmCode[],
];
/** The `type` of a journal entry: the code of what merely happened, or the beginning or end of an alarm. */
export const entryTypes = [
  ...codes.filter((code) => entries[code].level !== "alarm"),
  "alarm",
  "alarm-over",
] as unknown as [EntryType, ...EntryType[]];
export type EntryType = PlainCode | "alarm" | "alarm-over";

/** When an alarm ends without an over-event: seconds without repetition, and seconds after a restart; null for never. */
export function endsOf(code: AlarmCode): {
  standsSec: number | null;
  restartSec: number | null;
  over: boolean;
} {
  const { standsSec = null, restartSec = null, overSentence } = entries[code];
  return { standsSec, restartSec, over: overSentence !== undefined };
}

/** What identifies an alarm: its code and what it is about. */
export interface AlarmKey {
  code: AlarmCode;
  station?: string;
  machine?: string;
  source?: string;
}

/** The station, the machine and the source that an event is about, as far as its code names them. */
export function subjectOf(code: EventCode, about: { station?: string; machine?: string; source?: string }) {
  const { subject } = entries[code];
  const { station, machine, source } = about;
  const names = (...subjects: Subject[]) => subjects.includes(subject);
  return {
    ...(names("station", "both") && station !== undefined && { station }),
    ...(names("machine", "both") && machine !== undefined && { machine }),
    ...(names("source") && source !== undefined && { source }),
  };
}

/** The journal entry of a notice. */
export function journalEntry(id: number, { at, code, params, over }: Notice) {
  const given = params as Readonly<Record<string, ParamValue | undefined>>;
  const { level, sentence, overSentence } = entries[code];
  const isAlarm = level === "alarm";
  const isOver = over === true && overSentence !== undefined;
  const kept = (name: string) => (typeof given[name] === "string" ? { [name]: given[name] } : {});
  return {
    id,
    at,
    type: (isAlarm ? (isOver ? "alarm-over" : "alarm") : code) as EntryType,
    ...(isAlarm && { code: code as AlarmCode }),
    level: isOver ? ("info" as const) : typeof level === "function" ? level(params) : level,
    ...(kept("station") as { station?: string }),
    ...(kept("machine") as { machine?: string }),
    ...(kept("source") as { source?: string }),
    ...(kept("outage") as { outage?: string }),
    params: given as Record<string, ParamValue>,
    text: readable(isOver ? overSentence(params) : sentence(params)),
  };
}

/** Texts of others stand in sentences: they must not steer a terminal, turn its direction of writing, or fill a page. */
function readable(sentence: string): string {
  const plain = sentence.replaceAll(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, "?");
  return plain.length > mostCharacters ? `${plain.slice(0, mostCharacters)}…` : plain;
}

/** The longest sentence of our own, with five names of 64 characters, has less than this. */
const mostCharacters = 1_000;

/** A notice made of a typed event; `at` is Unix seconds. */
export function noticeOf(at: number, event: RoomEvent): Notice {
  const { code, params, over: isOver } = event;
  return (isOver === true ? { at, code, params, over: true } : { at, code, params }) as Notice;
}

/** An event of a room: something happened, or an alarm begins. */
export function event<C extends EventCode>(code: C, params: EventParams[C]): RoomEvent {
  return { code, params } as RoomEvent;
}

/** The end of an alarm: `params` name the same subject as its begin. */
export function over<C extends OverCode>(code: C, params: OverParams[C]): RoomEvent {
  return { code, params, over: true } as RoomEvent;
}

/** A notice without its time: what a room raises. */
export type RoomEvent =
  | { [C in EventCode]: { code: C; params: EventParams[C]; over?: never } }[EventCode]
  | { [C in OverCode]: { code: C; params: OverParams[C]; over: true } }[OverCode];
