// Names of the exchange's storage slots, from the compiler's own layout and the preimages that a trace has hashed.
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

interface Variable {
  label: string;
  slot: string;
  offset: number;
  type: string;
}

interface Type {
  label: string;
  encoding: string;
  numberOfBytes: string;
  key?: string;
  value?: string;
  base?: string;
  members?: Variable[];
}

interface Layout {
  storage: Variable[];
  types: Record<string, Type>;
}

/** Mapping keys larger than this are printed as an id's hash would be: not at all. */
const SMALL = 1n << 64n;

/** @returns a function that names a slot; `preimages` maps keccak256 results to the 64 bytes hashed. */
export function createSlotNames(): (slot: bigint, preimages: ReadonlyMap<bigint, readonly [bigint, bigint]>) => string {
  const layout = readLayout();
  const typeOf = (id: string): Type => {
    const type = layout.types[id];
    if (!type) throw new Error(`no type ${id} in the storage layout`);
    return type;
  };

  /** The name of what lies `offset` words into a value of this type, or null when it is beyond. */
  const inside = (id: string, offset: bigint): string | null => {
    const type = typeOf(id);
    if (offset >= (BigInt(type.numberOfBytes) + 31n) / 32n) return null;
    if (type.members) return memberAt(type.members, offset);
    if (type.base && type.encoding === "inplace") return `[${offset}]`;
    return "";
  };
  const memberAt = (members: readonly Variable[], offset: bigint): string => {
    const holders = members.filter((m) => {
      const words = (BigInt(typeOf(m.type).numberOfBytes) + 31n) / 32n;
      return BigInt(m.slot) <= offset && offset < BigInt(m.slot) + words;
    });
    const [only] = holders;
    if (holders.length === 1 && only) return `.${only.label}${inside(only.type, offset - BigInt(only.slot)) ?? ""}`;
    return `.{${holders.map((m) => m.label).join(", ")}}`;
  };

  /** Type and name of a mapping that lies at a slot. */
  const mappingAt = (
    slot: bigint,
    preimages: ReadonlyMap<bigint, readonly [bigint, bigint]>,
  ): { type: Type; name: string } | null => {
    const found = locate(slot, preimages);
    return found && found.type.encoding === "mapping" ? found : null;
  };

  /** The innermost declared value at exactly this slot. */
  const locate = (
    slot: bigint,
    preimages: ReadonlyMap<bigint, readonly [bigint, bigint]>,
  ): { type: Type; name: string } | null => {
    for (const variable of layout.storage) {
      const found = descend(variable, slot - BigInt(variable.slot), variable.label);
      if (found) return found;
    }
    for (const [hash, [key, parent]] of preimages) {
      if (slot < hash || slot - hash > 64n) continue;
      const mapping = mappingAt(parent, preimages);
      if (!mapping?.type.value) continue;
      const name = `${mapping.name}[${key < SMALL ? key : "…"}]`;
      const found = descend({ label: "", slot: "0", offset: 0, type: mapping.type.value }, slot - hash, name);
      if (found) return found;
    }
    return null;
  };
  const descend = (variable: Variable, offset: bigint, name: string): { type: Type; name: string } | null => {
    const type = typeOf(variable.type);
    if (offset < 0n || offset >= (BigInt(type.numberOfBytes) + 31n) / 32n) return null;
    for (const member of type.members ?? []) {
      const found = descend(member, offset - BigInt(member.slot), `${name}.${member.label}`);
      if (found && typeOf(member.type).encoding === "mapping") return found;
      if (found && (typeOf(member.type).members || typeOf(member.type).base)) return found;
    }
    if (type.members) return { type, name: `${name}${memberAt(type.members, offset)}` };
    return { type, name: type.base ? `${name}[${offset}]` : name };
  };

  return (slot, preimages) => {
    const name = locate(slot, preimages)?.name ?? `0x${slot.toString(16)}`;
    return name.replace(/^_state\./, "").replace(/^markets\[\d+\]\./, "market.");
  };
}

/** Storage layout of the Exchange: types only, no code, so it takes a second or two. */
function readLayout(): Layout {
  const solc = createRequire(import.meta.url)("solc") as {
    compile(input: string, callbacks: { import(path: string): { contents: string } | { error: string } }): string;
  };
  const sources = Object.fromEntries(
    globSync("contracts/**/*.sol").map((file) => [file, { content: readFileSync(file, "utf8") }]),
  );
  const settings = {
    evmVersion: "osaka",
    viaIR: true,
    outputSelection: { "contracts/Exchange.sol": { Exchange: ["storageLayout"] } },
  };
  const output = JSON.parse(
    solc.compile(JSON.stringify({ language: "Solidity", sources, settings }), {
      import: (path) => {
        try {
          return { contents: readFileSync(`node_modules/${path}`, "utf8") };
        } catch {
          return { error: `no file ${path}` };
        }
      },
    }),
  ) as { contracts: Record<string, Record<string, { storageLayout: Layout }>> };
  const layout = output.contracts["contracts/Exchange.sol"]?.Exchange?.storageLayout;
  if (!layout) throw new Error("the compiler gave no storage layout");
  return layout;
}
