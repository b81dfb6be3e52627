/**
 * Reads the deployment file: which contracts, on which chain, since which block. Written by scripts/deploy.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { address } from "./settings.ts";

const deployment = z.object({
  chainId: z.number().int().positive(),
  startBlock: z.number().int().nonnegative(),
  exchange: address,
  lens: address,
  markets: z.array(z.object({ id: z.number().int().positive(), name: z.string().min(1) })),
});

/** Other fields of the file are left to others: what can be read from the chain is read from the chain. */
export type Deployment = z.output<typeof deployment>;

export function readDeployment(path: string, chainId: number): Deployment {
  const result = deployment.safeParse(parse(path));
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new ConfigError(`Deployment file ${path}: ${issue?.path.join(".")} ${issue?.message}`);
  }
  if (result.data.chainId !== chainId) {
    throw new ConfigError(`Deployment file ${path} is for chain ${result.data.chainId}, CHAIN_ID is ${chainId}`);
  }
  return result.data;
}

function parse(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigError(`Deployment file ${path} cannot be read (set DEPLOYMENT, or deploy first)`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`Deployment file ${path} is not JSON`, { cause });
  }
}
