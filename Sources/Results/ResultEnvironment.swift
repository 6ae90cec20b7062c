// The machine that a result was measured on, and the ceilings of its disk and loopback measured in the same run.

package struct ResultEnvironment: Sendable, Equatable, Codable {
    package var operatingSystem: String?
    package var kernel: String?
    package var cpuModel: String?
    /// CPUs that the tool and its members may use.
    package var cpus: Int
    package var memoryBytes: UInt64?
    package var memoryAvailableBytes: UInt64?
    package var governor: String?
    /// Runnable tasks averaged over the last minute, before the run began.
    package var loadAverage: Double?
    /// Where the members' data lay.
    package var filesystem: ResultFilesystem

    package init(cpus: Int, filesystem: ResultFilesystem) {
        self.cpus = cpus
        self.filesystem = filesystem
    }

    private enum CodingKeys: String, CodingKey {
        case operatingSystem = "os"
        case kernel
        case cpuModel = "cpu_model"
        case cpus
        case memoryBytes = "memory_bytes"
        case memoryAvailableBytes = "memory_available_bytes"
        case governor
        case loadAverage = "load_average_1min"
        case filesystem
    }
}

package struct ResultFilesystem: Sendable, Equatable, Codable {
    package var kind: String?
    package var device: String?
    package var options: String?
    package var inMemory: Bool
    package var availableBytes: UInt64?

    package init(kind: String?, device: String?, options: String?, inMemory: Bool, availableBytes: UInt64?) {
        self.kind = kind
        self.device = device
        self.options = options
        self.inMemory = inMemory
        self.availableBytes = availableBytes
    }

    private enum CodingKeys: String, CodingKey {
        case kind, device, options
        case inMemory = "in_memory"
        case availableBytes = "available_bytes"
    }
}

/// What the machine could do at best, with nothing of ours in between.
package struct ResultCeilings: Sendable, Equatable, Codable {
    package var fsync: FsyncCeiling
    package var loopback: LoopbackCeiling
    /// Left out by older documents.
    package var cpu: CPUCeiling?

    package init(fsync: FsyncCeiling, loopback: LoopbackCeiling, cpu: CPUCeiling? = nil) {
        self.fsync = fsync
        self.loopback = loopback
        self.cpu = cpu
    }
}

package struct ResultCeilingsAround: Sendable, Equatable, Codable {
    package var before: ResultCeilings
    /// Left out when the run was ended before.
    package var after: ResultCeilings?

    package init(before: ResultCeilings, after: ResultCeilings? = nil) {
        self.before = before
        self.after = after
    }
}

/// One block written over and flushed again and again, on the file system of the members' data.
package struct FsyncCeiling: Sendable, Equatable, Codable {
    package var bytes: Int
    package var flushesPerSecond: Double
    package var latency: LatencyFigures

    package init(bytes: Int, flushesPerSecond: Double, latency: LatencyFigures) {
        self.bytes = bytes
        self.flushesPerSecond = flushesPerSecond
        self.latency = latency
    }

    private enum CodingKeys: String, CodingKey {
        case bytes
        case flushesPerSecond = "flushes_per_s"
        case latency
    }
}

/// One message sent to and fro between two threads over loopback TCP.
package struct LoopbackCeiling: Sendable, Equatable, Codable {
    package var bytes: Int
    package var roundTripsPerSecond: Double
    package var latency: LatencyFigures

    package init(bytes: Int, roundTripsPerSecond: Double, latency: LatencyFigures) {
        self.bytes = bytes
        self.roundTripsPerSecond = roundTripsPerSecond
        self.latency = latency
    }

    private enum CodingKeys: String, CodingKey {
        case bytes
        case roundTripsPerSecond = "round_trips_per_s"
        case latency
    }
}

/// Steps of a calculation in which each one needs the one before, so that only the clock rate and being left alone count: on one
/// CPU with the others idle, and on each of all when all are busy. They differ where CPUs share a core or a quota.
package struct CPUCeiling: Sendable, Equatable, Codable {
    package var cpus: Int
    package var stepsPerSecondAlone: Double
    package var stepsPerSecondTogether: Double

    package init(cpus: Int, stepsPerSecondAlone: Double, stepsPerSecondTogether: Double) {
        self.cpus = cpus
        self.stepsPerSecondAlone = stepsPerSecondAlone
        self.stepsPerSecondTogether = stepsPerSecondTogether
    }

    private enum CodingKeys: String, CodingKey {
        case cpus
        case stepsPerSecondAlone = "steps_per_s_alone"
        case stepsPerSecondTogether = "steps_per_s_together"
    }
}
