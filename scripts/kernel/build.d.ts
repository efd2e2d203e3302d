/** The text of src/kernel/kernel-code.ts. Rejects if the compiler is not installed. */
export function kernelCodeText(): Promise<string>
