// Where configurations stand: in the founding record and in configuration records of the log, and in the state that those left.
// The bytes of a configuration are the core's, the records around them the state machine's.

package import Batch
import ClientProtocol
import Jute
package import StateMachine
package import Zab

extension ConfigurationRecord {
    /// The configuration in a batch that is marked as carrying one; nil if it can't be read.
    /// - Parameter clusterID: of the ensemble as known so far; the founding record brings its own.
    package init?(in batch: SealedBatch, clusterID: ClusterID) {
        var reader = RecordReader(batch.requests.bytes)
        guard batch.count == 1, let head = (try? reader.next()) ?? nil else { return nil }
        switch head.type {
        case OpCode.founding:
            guard let founding = try? Founding(reading: reader.body) else { return nil }
            self.init(
                zxid: batch.firstZxid, bytes: founding.configuration, clusterID: ClusterID(bigEndianBytes: founding.clusterID))
        case OpCode.configuration:
            var body = JuteReader(reader.body)
            guard let bytes = body.optionalBytes() else { return nil }
            self.init(zxid: batch.firstZxid, bytes: bytes, clusterID: clusterID)
        default: return nil
        }
    }

    /// The configuration in force in this state; nil before the founding.
    package init?(of state: StateMachine) {
        guard let founding = state.founding else { return nil }
        self.init(
            zxid: state.configurationZxid, bytes: state.configuration, clusterID: ClusterID(bigEndianBytes: founding.clusterID))
    }

    private init?(zxid: Zxid, bytes: [UInt8], clusterID: ClusterID) {
        guard let configuration = try? bytes.withUnsafeBytes({ try Configuration(decoding: $0.bytes) }) else { return nil }
        self.init(zxid: zxid, configuration: configuration, clusterID: clusterID)
    }
}

extension ClusterID {
    package init(bigEndianBytes bytes: [UInt8]) { self = bytes.reduce(0) { $0 << 8 | ClusterID($1) } }
}
