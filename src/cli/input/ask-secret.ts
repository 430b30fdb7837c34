/** Reads one line from the terminal without showing it; the prompt goes to stderr. */
export async function askSecret(prompt: string): Promise<string> {
  const input = process.stdin;
  process.stderr.write(prompt);
  input.setRawMode(true);
  let secret = '';
  try {
    for await (const chunk of input as AsyncIterable<Uint8Array>) {
      const end = readSecretKeys(Buffer.from(chunk).toString(), (text) => (secret = text(secret)));
      if (end === 'cancelled') process.kill(process.pid, 'SIGINT');
      if (end !== undefined) break;
    }
  } finally {
    input.setRawMode(false);
    process.stderr.write('\n');
  }
  return secret;
}

/** Return ends the line, Ctrl-C cancels, backspace takes one character back. */
function readSecretKeys(
  keys: string,
  edit: (change: (secret: string) => string) => void,
): 'done' | 'cancelled' | undefined {
  for (const key of keys) {
    if (key === '\r' || key === '\n' || key === '\u0004') return 'done';
    if (key === '\u0003') return 'cancelled';
    if (key === '\u007f' || key === '\b') edit((secret) => Array.from(secret).slice(0, -1).join(''));
    else edit((secret) => secret + key);
  }
  return undefined;
}
