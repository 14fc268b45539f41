/** The rooms of EcoFlow's two clouds: the developer API and the app's API, one account each. They read stations and never write to one. */
import { frameTraits } from "../core/fuse/traits.ts";
import type { CloudSetup } from "../io/cloud.ts";
import { createOnce } from "../io/once.ts";
import { Link } from "./ecoflow/link.ts";
import type { SourceKind, SourceOptions, SourceParts, SourceRoom } from "./source.ts";

/** A source of kind `ecoflow-open` or `ecoflow-app` as its settings are. */
type EcoflowOptions = SourceOptions & CloudSetup & { devices: readonly string[] | null };

/** The kind of both rooms: the station's own frames, through a cloud. */
export const ecoflowKind: SourceKind = {
  traits: frameTraits,
  room: (options, parts) => ecoflowRoom(options as EcoflowOptions, parts),
};

function ecoflowRoom(options: EcoflowOptions, { cloud, random }: SourceParts): SourceRoom {
  return {
    writes: ["data", "part", "source", "roster", "notice"],
    start(room) {
      if (cloud === null) throw new Error(`the source ${options.name} has no way to EcoFlow's cloud here`);
      const { account, connect } = cloud.open(options);
      const { name, devices } = options;
      const link = new Link({
        room,
        name,
        account,
        connect,
        memory: cloud.memory,
        random,
        only: devices ?? [],
        once: createOnce(room.log),
      });
      return link.start();
    },
  };
}
