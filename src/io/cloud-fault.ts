/** Sorts errors of sockets, TLS and DNS towards EcoFlow's cloud into kinds of problems. */
import type { ProblemKind } from "../core/cloud/problems.ts";

type Row = [codes: RegExp, kind: ProblemKind, words?: string];

const table: readonly Row[] = [
  [/^(ENOTFOUND|EAI_\w+|ETIMEOUT|ESERVFAIL|EREFUSED|ENODATA)$/, "no-name-server"],
  [/^CERT_NOT_YET_VALID$/, "untrusted", "it is not valid yet"],
  [/^CERT_HAS_EXPIRED$/, "untrusted", "it has expired"],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, "untrusted", "it is for another name"],
  [/CERT|UNABLE_TO|SELF_SIGNED/, "untrusted"],
  [/^(EPROTO|ERR_SSL_\w+|HPE_\w+)$/, "not-the-api"],
];

/** The kind of an error, and a few words about it: the error's code, or what the code means. */
export function cloudFault(error: unknown): { kind: ProblemKind; said: string } {
  const { code, message } = partsOf(error);
  for (const [codes, kind, words] of table) if (codes.test(code)) return { kind, said: words ?? code };
  return { kind: "unreachable", said: code === "" ? message : code };
}

/** The first of several errors, such as `::1` and `127.0.0.1` both refused. */
function partsOf(error: unknown): { code: string; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return partsOf(error.errors[0]);
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = (error as { code?: unknown }).code;
  return { code: typeof code === "string" ? code : "", message: error.message };
}
