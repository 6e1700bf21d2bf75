/**
 * Two hosts on one machine: network namespaces `a` and `b`, each with a link to this machine's own network, where the store is, and one
 * between them, over which services call each other. Needs root and iproute2.
 */
import { execFileSync } from 'node:child_process';

/** @throws Error with what `ip` said */
function ip(...parameters) {
  try {
    execFileSync('ip', parameters, { stdio: 'pipe' });
  } catch (error) {
    throw new Error(`ip ${parameters.join(' ')}: ${error.stderr?.toString().trim() || error.message}`, { cause: error });
  }
}

/** @returns for `a` and `b`: `host`, `store` (this machine, seen from there) and `command`; `set(link, "down" | "up")` for the links `services`, `store-a` and `store-b` */
export function openNamespaces() {
  const number = process.pid % 200;
  const subnet = (link) => `10.${50 + number}.${link}`;
  const names = { a: `fathom-${process.pid}-a`, b: `fathom-${process.pid}-b` };
  const end = () => {
    process.off('exit', end);
    for (const name of Object.values(names))
      try {
        ip('netns', 'delete', name);
      } catch {
        // It was never made.
      }
  };
  process.on('exit', end);
  try {
    for (const [index, side] of ['a', 'b'].entries()) {
      const name = names[side];
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
      const here = `fthm${side}${process.pid}`;
      ip('link', 'add', here, 'type', 'veth', 'peer', 'name', 'store', 'netns', name);
      ip('address', 'add', `${subnet(index)}.1/24`, 'dev', here);
      ip('link', 'set', here, 'up');
      ip('-n', name, 'address', 'add', `${subnet(index)}.2/24`, 'dev', 'store');
      ip('-n', name, 'link', 'set', 'store', 'up');
    }
    ip('-n', names.a, 'link', 'add', 'services', 'type', 'veth', 'peer', 'name', 'services', 'netns', names.b);
    for (const [index, side] of ['a', 'b'].entries()) {
      ip('-n', names[side], 'address', 'add', `${subnet(2)}.${index + 1}/24`, 'dev', 'services');
      ip('-n', names[side], 'link', 'set', 'services', 'up');
      // A client on this machine reaches services over the store's link.
      ip('route', 'add', `${subnet(2)}.${index + 1}/32`, 'via', `${subnet(index)}.2`);
    }
  } catch (error) {
    end();
    throw error;
  }
  const side = (name, index) => ({
    host: `${subnet(2)}.${index + 1}`,
    store: `${subnet(index)}.1`,
    command: ['ip', 'netns', 'exec', names[name]],
  });
  const links = { services: ['a', 'services'], 'store-a': ['a', 'store'], 'store-b': ['b', 'store'] };
  return {
    a: side('a', 0),
    b: side('b', 1),
    set: (link, state) => ip('-n', names[links[link][0]], 'link', 'set', links[link][1], state),
    end,
  };
}
