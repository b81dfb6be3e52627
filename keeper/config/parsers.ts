/**
 * How the text of a setting becomes its value.
 */
import { parseEther } from "viem";
import { z } from "zod";

export const integer = (minimum: number, maximum: number, fallback: number) =>
  z
    .string()
    .default(String(fallback))
    .refine((text) => /^\d+$/.test(text), "must be a whole number")
    .transform(Number)
    .refine((n) => n >= minimum && n <= maximum, `must lie between ${minimum} and ${maximum}`);

/** Not set means that there is none. */
export const optionalInteger = (minimum: number, maximum: number) =>
  z
    .string()
    .optional()
    .refine((text) => text === undefined || /^\d+$/.test(text), "must be a whole number")
    .transform((text) => (text === undefined ? undefined : Number(text)))
    .refine((n) => n === undefined || (n >= minimum && n <= maximum), `must lie between ${minimum} and ${maximum}`);

export const hasProtocol = (text: string, protocol: RegExp) =>
  URL.canParse(text) && protocol.test(new URL(text).protocol);

export const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

export const toggle = z
  .enum(["true", "false", "1", "0"], { message: "must be true or false" })
  .default("false")
  .transform((text) => text === "true" || text === "1");

/** Ether as decimal text; the value is in wei. */
export const ether = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .refine((text) => /^\d{1,9}(\.\d{1,18})?$/.test(text), "must be an amount of ether like 0.25")
    .transform((text) => parseEther(text));

/** Items with commas; blanks around them do not count. */
export const list = z
  .string()
  .default("")
  .transform((text) => text.split(",").map((item) => item.trim()))
  .transform((items) => items.filter((item) => item !== ""));

export const path = z.string().min(1, "must be a path").optional();
