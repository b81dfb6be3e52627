import type { NetworkConnection } from "hardhat/types/network";
export async function measureBook(_: NetworkConnection): Promise<Record<string, number>> { return {}; }
