/** gRPC metadata: header names in lower case and their values. */
export type Metadata = Readonly<Record<string, string>>;
