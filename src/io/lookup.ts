/** Looks up names without the thread pool: a name server that hangs must not delay other work of the process. */
import { Resolver, lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";

interface LookupOptions {
  /** Milliseconds for each of two questions to each name server. */
  timeoutMs?: number;
  /** Name servers, `host:port`; the system's unless given. */
  servers?: readonly string[];
}

/**
 * Returns a lookup for connections. Node's own one calls `getaddrinfo` in the thread pool. Two such calls that hang would block
 * every other lookup. Only if DNS answers that it does not know the name is the system asked (`/etc/hosts`): then a name server
 * responds, so that call does not hang.
 */
export function promptLookup({ timeoutMs = 2_000, servers }: LookupOptions = {}): LookupFunction {
  return (hostname, options, callback) => {
    const done = (addresses: { address: string; family: 4 | 6 }[]) => {
      const [first] = addresses;
      if (!first) return systemLookup(hostname, options, callback);
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    };
    if (isIP(hostname) || hostname === "localhost") return systemLookup(hostname, options, callback);
    // A new resolver for each lookup uses the name servers of now, which may have changed.
    const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
    if (servers) resolver.setServers([...servers]);
    const four = ask((then) => resolver.resolve4(hostname, then), 4);
    const six = ask((then) => resolver.resolve6(hostname, then), 6);
    void Promise.all([four, six]).then(([v4, v6]) => {
      const found = [...v4.found, ...v6.found];
      const failed = v4.error ?? v6.error;
      if (found.length === 0 && failed !== null) callback(failed, "");
      else done(found);
    });
  };
}

interface Asked {
  found: { address: string; family: 4 | 6 }[];
  /** Null if the name server answered, even if it knows no such address. */
  error: NodeJS.ErrnoException | null;
}

type Then = (error: NodeJS.ErrnoException | null, addresses: string[]) => void;

/** Error codes by which a name server answers that the name has no such address. */
const answered = ["ENOTFOUND", "ENODATA"];

function ask(question: (then: Then) => void, family: 4 | 6): Promise<Asked> {
  return new Promise((resolve) => {
    question((error, addresses) => {
      if (!error) return resolve({ found: addresses.map((address) => ({ address, family })), error: null });
      resolve({ found: [], error: answered.includes(error.code ?? "") ? null : error });
    });
  });
}
