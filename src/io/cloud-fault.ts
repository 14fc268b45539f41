/** Sorts errors of sockets, TLS and DNS on the way to EcoFlow's cloud into kinds of problems. */
import type { ProblemKind } from "../core/cloud/problems.ts";
import { errorParts } from "./error-parts.ts";

type Row = [codes: RegExp, kind: ProblemKind, words?: string];

const table: readonly Row[] = [
  [/^(ENOTFOUND|EAI_\w+|ETIMEOUT|ESERVFAIL|EREFUSED|ENODATA)$/, "no-name-server"],
  [/^CERT_NOT_YET_VALID$/, "untrusted", "it is not valid yet"],
  [/^CERT_HAS_EXPIRED$/, "untrusted", "it has expired"],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, "untrusted", "it is for another name"],
  [/CERT|UNABLE_TO|SELF_SIGNED/, "untrusted"],
  [/^(EPROTO|ERR_SSL_\w+|HPE_\w+)$/, "not-the-api"],
];

/** Returns the kind of an error, and a few words about it: what its code means, else the code, else its text. */
export function cloudFault(error: unknown): { kind: ProblemKind; said: string } {
  const parts = errorParts(error);
  const code = typeof parts.code === "string" ? parts.code : "";
  for (const [codes, kind, words] of table) if (codes.test(code)) return { kind, said: words ?? code };
  return { kind: "unreachable", said: code === "" ? parts.message : code };
}
