/**
 * Replaces `$(NAME)` by the variable's value, as the kubelet does in `command`, `args` and `env`: `$$` stands for one
 * dollar sign, and a name that is not known stays as it is.
 *
 * Source: Kubernetes 1.36 third_party/forked/golang/expansion/expand.go.
 */
export function expandVariables(
  text: string,
  variables: ReadonlyMap<string, { readonly value: string }>,
): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name)?.value ?? whole),
  );
}
