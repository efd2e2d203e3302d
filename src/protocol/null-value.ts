/* Nulls of columns (docs/protocol.md#data-types): the smallest value of a signed type, and of FLOAT and DOUBLE the smallest finite one. */

/** BOOL and CHAR; 0x80 on the wire. Code that does not check a BOOL for null would read a null as true. */
export const nullInt8 = -128
export const nullInt16 = -32768
/** INT, DECIMAL32 and the temporal types of 32 bits; also the count of a DURATION. */
export const nullInt32 = -2147483648
/** LONG, DECIMAL64 and the temporal types of 64 bits. */
export const nullInt64: bigint = -(2n ** 63n)
export const nullInt128: bigint = -(2n ** 127n)
/** −FLT_MAX; ff ff 7f ff on the wire. */
export const nullFloat: number = -3.4028234663852886e38
/** −DBL_MAX; ff ff ff ff ff ff ef ff on the wire. */
export const nullDouble: number = -Number.MAX_VALUE
