# kazoo, an independent ZooKeeper client for Python, against a running ensemble: the operations and recipes that people build on.
# Usage: check.py HOST:PORT,... [CA CERTIFICATE KEY]    With files it speaks TLS.
# Prints a line a check; the exit code is the number of failed ones.

import sys
import threading
import time

from kazoo.client import KazooClient
from kazoo.exceptions import BadVersionError, NoAuthError, NodeExistsError, NoNodeError, NotEmptyError
from kazoo.security import make_digest_acl

hosts = sys.argv[1]
secure = {}
if len(sys.argv) > 2:
    # The servers' certificates name addresses, which kazoo doesn't compare; it checks the authority.
    secure = dict(use_ssl=True, ca=sys.argv[2], certfile=sys.argv[3], keyfile=sys.argv[4])
failures = 0


def check(name, passed):
    global failures
    print(("ok     " if passed else "FAILED ") + name)
    failures += 0 if passed else 1


def raises(error, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except error:
        return True
    return False


def connect(**named):
    client = KazooClient(hosts, timeout=4.0, **secure, **named)
    client.start(15)
    return client


zk, other = connect(), connect()
zk.ensure_path("/kazoo/tree")
check("create and get", zk.create("/kazoo/a", b"1") == "/kazoo/a" and zk.get("/kazoo/a")[0] == b"1")
check("create of what is there", raises(NodeExistsError, zk.create, "/kazoo/a"))
check("get of what is not", raises(NoNodeError, zk.get, "/kazoo/none"))
check("conditional set", zk.set("/kazoo/a", b"2", version=0).version == 1 and raises(BadVersionError, zk.set, "/kazoo/a", b"3", version=0))
check("delete of a parent", raises(NotEmptyError, zk.delete, "/kazoo"))
names = [zk.create("/kazoo/tree/n-", sequence=True) for _ in range(3)]
check("sequential names", [n[-10:] for n in names] == ["0000000000", "0000000001", "0000000002"])
check("null data", zk.create("/kazoo/null", None) and zk.get("/kazoo/null")[0] in (b"", None))
value, stat = zk.create("/kazoo/stat", b"xyz", include_data=True)
check("create with stat", stat.dataLength == 3 and stat.version == 0)

transaction = zk.transaction()
transaction.create("/kazoo/t1", b"t")
transaction.check("/kazoo/a", 1)
transaction.set_data("/kazoo/a", b"t")
check("multi", [type(r) for r in transaction.commit()][0] is str and zk.get("/kazoo/t1")[0] == b"t")
transaction = zk.transaction()
transaction.create("/kazoo/t2")
transaction.delete("/kazoo/none")
results = transaction.commit()
check("multi that fails changes nothing", zk.exists("/kazoo/t2") is None and isinstance(results[1], NoNodeError))

seen, fired = [], threading.Event()


def watcher(event):
    seen.append((event.type, event.path))
    fired.set()


other.sync("/")
other.get("/kazoo/a", watch=watcher)
zk.set("/kazoo/a", b"w")
check("data watch of another session", fired.wait(5) and seen == [("CHANGED", "/kazoo/a")])

acl = make_digest_acl("user", "secret", all=True)
zk.add_auth("digest", "user:secret")
zk.create("/kazoo/private", b"p", acl=[acl])
other.sync("/")
check("digest ACL", raises(NoAuthError, other.get, "/kazoo/private") and zk.get("/kazoo/private")[0] == b"p")

third = connect()
third.create("/kazoo/ephemeral", ephemeral=True)
third.stop()
zk.sync("/")
check("ephemerals go when a session is closed", zk.exists("/kazoo/ephemeral") is None)

lock, order = zk.Lock("/kazoo/lock", "first"), []
with lock:
    thread = threading.Thread(target=lambda: (other.Lock("/kazoo/lock", "second").acquire(timeout=10), order.append("second")))
    thread.start()
    time.sleep(0.2)
    order.append("first")
thread.join(10)
check("lock recipe", order == ["first", "second"])

queue = zk.LockingQueue("/kazoo/queue")
queue.put_all([b"q%d" % n for n in range(10)])
taken = []
for _ in range(10):
    taken.append(queue.get(5))
    queue.consume()
check("locking queue recipe", taken == [b"q%d" % n for n in range(10)])
counter = zk.Counter("/kazoo/counter")
for _ in range(5):
    counter += 1
check("counter recipe", counter.value == 5)

zk.delete("/kazoo", recursive=True)
check("recursive delete", zk.exists("/kazoo") is None)
for client in (zk, other):
    client.stop()
sys.exit(failures)
