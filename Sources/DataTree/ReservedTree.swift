// What every tree begins with: the root and /zookeeper with config and quota under it.

import ClientProtocol
package import Handlers
import Jute

extension DataTree {
    static let configPath: StaticString = "/zookeeper/config"

    /// Fills an empty state. All of it carries zxid 0 and time 0.
    package func plant() {
        precondition(nodes.count == 0 && sessions.count == 0, "planted twice")
        recentSession = (0, 0)
        totals = Totals()
        lists.plant()
        let root = plant("/", under: 0)
        precondition(root == DataTree.root, "the root has to be the first row")
        let zookeeper = plant("/zookeeper", under: root)
        _ = plant("/zookeeper/quota", under: zookeeper)
        let config = plant(DataTree.configPath, under: zookeeper)
        nodes.changeNode(config).pointee.aversion = -1
        var acl = ByteBuffer(capacity: 64)
        acl.writeInt(1)
        acl.writeInt(Permission.read)
        acl.writeString("world")
        acl.writeString("anyone")
        var reader = JuteReader(acl.bytes.bytes)
        guard let list = try? ACLList(reading: &reader) else { preconditionFailure("the list was just written") }
        setList(config, lists.retained(list, identities: RawSpan()))
    }

    private func plant(_ text: StaticString, under parent: UInt32) -> UInt32 {
        let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        let number = nodes.allocate()
        let node = nodes.changeNode(number)
        nodes.setBlob(number, Znode.path, bytes)
        nodes.setBlob(number, Znode.data, UnsafeRawBufferPointer(start: nil, count: 0))
        node.pointee.acl = AccessLists.open
        lists.retain(AccessLists.open)
        nodes.enter(number)
        if parent != 0 { linkChild(number, under: parent) }
        totals.bytes += Int64(bytes.count)
        return number
    }

    /// Puts the ensemble's configuration where clients look for it. ZooKeeper's version of that znode is -1.
    package func setConfiguration(_ text: UnsafeRawBufferPointer, zxid: Int64, wallTime: Int64, effects: inout Effects) {
        let path = UnsafeRawBufferPointer(start: DataTree.configPath.utf8Start, count: DataTree.configPath.utf8CodeUnitCount)
        let number = nodes.find(path, hash: nodes.hash(path))
        guard number != 0 else { return }
        totals.bytes += Int64(text.count) - Int64(nodes.node(number).pointee.dataCount)
        nodes.setBlob(number, Znode.data, text)
        let node = nodes.changeNode(number)
        node.pointee.version = -1
        node.pointee.mzxid = zxid
        node.pointee.mtime = wallTime
        watches.fire(EventType.nodeDataChanged, at: path, acl: node.pointee.acl, lists: lists, effects: &effects)
    }
}
