/** Ten questions about one outage, each with the lines of the server's log that answer it to somebody who has only the log. */
import type { ExpectStatic } from "vitest";

export interface Question {
  asks: string;
  /** What must be in the log, in this order; each line stands alone. */
  answers: readonly RegExp[];
}

/** The outage: pc goes at 50 %, nas at 30 %; the server is killed in between; the mains returns while nas waits out its delay. */
export const tenQuestions: readonly Question[] = [
  {
    asks: "When did the mains fail?",
    answers: [/^Study: the mains is lost/, /^Study has no grid: soc 62 %/],
  },
  { asks: "Which source said so?", answers: [/^Study: the mains is lost \(source [\w-]+, [a-z- ]+\)/] },
  { asks: "What was the charge then?", answers: [/^Study: the mains is lost .*; 62 %$/] },
  {
    asks: "Which machine was told what, and why?",
    answers: [
      /^SHUTDOWN TRIGGERED pc: Study: soc (49|50) % <= 50 %, on battery \d+ s; for \d+ s >= \d+ s; delay \d+ s$/,
      /^SHUTDOWN TRIGGERED nas: Study: soc (29|30) % <= 30 %, on battery \d+ s; .*delay \d+ s$/,
    ],
  },
  {
    asks: "When did each machine acknowledge?",
    answers: [
      /^pc acknowledges command \S+: received$/,
      /^pc has started its shutdown: no abort reaches it any more$/,
      /^nas acknowledges command \S+: received$/,
    ],
  },
  {
    asks: "Was anything aborted, and why?",
    answers: [
      /^ABORT nas: grid present for \d+ s >= \d+ s at 1 of 1 stations, 1 needed; abort 1 of 2 in this outage$/,
      /^nas acknowledges command \S+: aborted$/,
      /^nas stays up: it (has aborted its shutdown|is idle and keeps running)$/,
    ],
  },
  {
    asks: "When did the mains return?",
    answers: [/^Study: the mains is back \(source [\w-]+, [a-z- ]+\); \d+ %$/],
  },
  {
    asks: "What would have been next?",
    answers: [
      /^next while Study has no mains: pc at \d+ % \(.+\), nas at \d+ % \(.+\)$/,
      /^next while Study has no mains: nas at \d+ % \(.+\)$/,
      /^next while Study has no mains: none: every machine of it has its command$/,
    ],
  },
  {
    asks: "Was any value doubted?",
    answers: [/^Study: 49 % not believed yet: was 62 % \d+ s ago$/, /^Study: 49 % is believed now/],
  },
  {
    asks: "Did the server restart in between?",
    answers: [
      /^the outage of Study goes on after the restart, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d .+; last charge 49 %$/,
      /^pc was (going down|down) before the restart, and still is$/,
    ],
  },
];

/** Expects that the sentences of a log, in their order, answer a question. */
export function expectAnswer(
  expect: ExpectStatic,
  { asks, answers }: Question,
  log: readonly string[],
): void {
  let from = 0;
  for (const answer of answers) {
    const at = log.findIndex((line, index) => index >= from && answer.test(line));
    expect(at, `"${asks}" is not answered by ${answer} in:\n${log.join("\n")}`).toBeGreaterThanOrEqual(0);
    from = at + 1;
  }
}
