/**
 * Integer division with the direction in the name (Rounding.sol): bigint's own division truncates towards zero. Divisors are positive.
 */

/** ⌊a / b⌋ */
export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** ⌈a / b⌉ */
export function ceilDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b > 0n ? quotient + 1n : quotient;
}

/** |a| */
export function abs(a: bigint): bigint {
  return a < 0n ? -a : a;
}
