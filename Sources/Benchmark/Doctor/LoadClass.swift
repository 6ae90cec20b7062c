// Classes of load that an ensemble may have to carry, and the lines by which it does. Rates, clients and the limit of the slowest
// request are those of `etcdctl check perf`; the 99th percentile is this project's own.

internal import Workload

package enum LoadClass: String, Sendable, CaseIterable {
    case s, m, l, xl

    package var writesPerSecond: Int {
        switch self {
        case .s: 150
        case .m: 1_000
        case .l: 8_000
        case .xl: 15_000
        }
    }

    package var clients: Int {
        switch self {
        case .s: 50
        case .m: 200
        case .l: 500
        case .xl: 1_000
        }
    }

    /// Loads so heavy are for disks that flush 500 times a second, one after the other.
    package var isHeavy: Bool { self == .l || self == .xl }

    static let valueBytes = 1_024
    static let tail: UInt64 = 100_000_000
    static let slowest: UInt64 = 500_000_000

    /// Sets of a KiB, each client with a znode of its own, due at a steady rate.
    func workload() throws(WorkloadError) -> Workload {
        let text = """
            apiVersion: quorate/v1
            name: doctor-\(rawValue)
            seed: 1
            data: {tree: [{path: /doctor/znode-, count: \(clients), size: \(Self.valueBytes)B}]}
            payload: {size: \(Self.valueBytes)B}
            roles:
              writer:
                clients: \(clients)
                pipeline: 64
                arrivals: {rate: \(writesPerSecond)/s}
                do: [{set: {path: /doctor/znode-}}]
            phases: [{name: paced, for: 1s}]
            check: [no_loss, replicas_agree]

            """
        return try Workload(text: text, file: "class \(rawValue)")
    }
}
