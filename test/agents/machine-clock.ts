/** A separate uptime for a machine under test, which can jump ahead as after sleep. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";

/** /proc for the Linux agent, a folder for the `sysctl` of the macOS agent. */
export class MachineClock {
  readonly folder: string;
  readonly #timer: NodeJS.Timeout;
  #ahead = 0;

  constructor(folder: string) {
    this.folder = join(folder, "clock");
    mkdirSync(join(this.folder, "sys/kernel/random"), { recursive: true });
    writeFileSync(join(this.folder, "sys/kernel/random/boot_id"), "one-boot\n");
    this.#write();
    this.#timer = setInterval(() => this.#write(), 50);
  }

  sleep(seconds: number): void {
    this.#ahead += seconds;
    this.#write();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #write(): void {
    for (const [name, text] of [
      ["uptime", `${(uptime() + this.#ahead).toFixed(2)} 0.00\n`],
      ["ahead", `${this.#ahead}\n`],
    ] as const) {
      writeFileSync(join(this.folder, `${name}.new`), text);
      renameSync(join(this.folder, `${name}.new`), join(this.folder, name));
    }
  }
}

/** On a Mac: the real `sysctl` with that uptime. */
export const darwinSysctl = `#!/bin/bash
if [ "$*" != "-n kern.boottime" ]; then exec /usr/sbin/sysctl "$@"; fi
boot=$(/usr/sbin/sysctl -n kern.boottime)
boot=\${boot#*sec = }
read -r ahead <"$SHIM_CLOCK/ahead"
echo "{ sec = $((\${boot%%,*} - ahead)), usec = 0 }"
`;
