// swift-tools-version: 6.2
// The rooms of the house, ground floor first. `Tests/TidyTests` holds the same table and enforces it.

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

/// Of a release build, too: what these tests call is optimized, they themselves mostly wait, and build four times as fast.
let waits: [SwiftSetting] = [.unsafeFlags(["-Onone"], .when(configuration: .release))]

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], _ others: [SwiftSetting] = []
) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings + others)
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")
let numerics: Target.Dependency = .product(name: "Numerics", package: "swift-numerics")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let flyingFox: Target.Dependency = .product(name: "FlyingFox", package: "FlyingFox")

let floors0to4: [Target] = [
    .target(name: "CLinux"),
    .target(name: "CSlowFlush"),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    room("Rules"),
    room("Jute"),
    room("Statistics", [histogram, numerics]),
    room("Batch", ["CLinux", "Jute"]),
    room("ClientProtocol", ["Jute"]),
    room("Results", ["Statistics"]),
    room("Zab", ["Batch", "Rules"]),
    room("Histories", ["Batch", "ClientProtocol", "Jute"]),
    room("Handlers", ["Batch", "CLinux", "Jute"]),
    room("Journal", ["Zab", "Batch", "Rules", "CLinux", "Jute"]),
    room("PeerProtocol", ["Zab", "Batch", "CLinux", "Jute"]),
    room("DataTree", ["ClientProtocol", "Handlers", "Batch", "Rules", "Jute"]),
]

let floors5to11: [Target] = [
    room("StateMachine", ["DataTree", "Handlers", "ClientProtocol", "Batch", "Rules", "Jute"]),
    room("Transport", ["CLinux", "COpenSSL"]),
    room(
        "Node",
        ["StateMachine", "DataTree", "Handlers", "Journal", "PeerProtocol", "Zab", "Batch", "ClientProtocol", "Rules", "Jute"]),
    room("Server", ["Node", "Transport", "StateMachine", "Handlers", "Journal", "Zab", "Batch", "Jute", logging, flyingFox]),
    room(
        "Simulator",
        ["Node", "StateMachine", "Journal", "PeerProtocol", "Histories", "ClientProtocol", "Zab", "Batch", "Jute"]),
    room("Workload", ["CLinux", yams]),
    room("LoadGenerator", ["Workload", "Statistics", "Transport", "CLinux"]),
    room("Ensemble", ["Workload", "CLinux", "Transport"]),
    room(
        "Chaos",
        [
            "Histories", "Ensemble", "Workload", "Journal", "Statistics", "Transport", "ClientProtocol", "Batch", "Jute",
            "CLinux",
        ]),
    room("Campaign", ["Simulator", "Histories", "Ensemble", "Rules"]),
    room("Benchmark", ["LoadGenerator", "Ensemble", "Workload", "Results", "Statistics", "Transport", "CLinux"]),
    room("Report", ["Results", "Statistics"]),
    .executableTarget(
        name: "quorate",
        dependencies: [
            "CLinux", "Server", "Transport", "Benchmark", "Chaos", "Report", "Results", "Ensemble", "Workload", "LoadGenerator",
            "Simulator", "Campaign", "Rules", "Statistics",
            argumentParser,
        ],
        swiftSettings: settings),
    .executableTarget(name: "ClassicQueue", dependencies: ["Server", "Handlers"], swiftSettings: settings),
]

let testTargets: [Target] = [
    // A deterministic ensemble of protocol cores, shared by the tests of Zab and by the transcripts.
    .target(name: "ZabCluster", dependencies: ["Zab", "Batch"], path: "Tests/ZabCluster", swiftSettings: settings),
    // Whole members under virtual time, network and disk, shared by the tests of Node and by the transcripts.
    .target(
        name: "NodeEnsemble",
        dependencies: [
            "Node", "StateMachine", "Handlers", "Journal", "PeerProtocol", "Zab", "Batch", "ClientProtocol", "Jute",
        ],
        path: "Tests/NodeEnsemble", swiftSettings: settings),
    .target(
        name: "ApplyHarness", dependencies: ["StateMachine", "DataTree", "Handlers", "ClientProtocol", "Batch", "Jute"],
        path: "Tests/ApplyHarness", swiftSettings: settings),
    // Changed recordings for everything that reads what others have written; a program, as what it finds ends a process.
    .target(name: "FuzzWatch", path: "Tests/FuzzWatch"),
    .executableTarget(
        name: "fuzz-decoders",
        dependencies: [
            "FuzzWatch", "NodeEnsemble", "ApplyHarness", "Server", "Workload", "Node", "StateMachine", "Handlers", "Journal",
            "PeerProtocol", "Zab", "Batch", "ClientProtocol", "Jute", "CLinux",
        ],
        path: "Tests/FuzzDecoders", swiftSettings: settings),
    tests("FuzzingTests", []),
    tests("TransportTests", ["Transport", "CLinux"]),
    tests("JuteTests", ["Jute"]),
    tests("StatisticsTests", ["Statistics"]),
    tests("BatchTests", ["Batch", "Jute"]),
    tests("ClientProtocolTests", ["ClientProtocol", "Jute"], waits),
    tests("ResultsTests", ["Results", "Statistics"], exclude: ["golden"], waits),
    tests("ZabTests", ["ZabCluster", "Zab", "Batch"]),
    // Every order of the protocol's steps in small ensembles, and the shipping core on its schedules.
    tests("ProtocolModelTests", ["Zab", "Batch"]),
    tests("HandlersTests", ["Handlers", "ApplyHarness", "Jute"], waits),
    tests("JournalTests", ["Journal", "Zab", "Batch", "CLinux"]),
    tests("PeerProtocolTests", ["PeerProtocol", "Zab", "Batch", "Jute"], waits),
    tests(
        "DataTreeTests", ["ApplyHarness", "DataTree", "StateMachine", "Handlers", "ClientProtocol", "Batch", "Jute"],
        exclude: ["golden"]),
    tests("StateMachineTests", ["ApplyHarness", "StateMachine", "DataTree", "Handlers", "ClientProtocol", "Batch", "Jute"]),
    tests(
        "NodeTests",
        [
            "NodeEnsemble", "Node", "StateMachine", "DataTree", "Handlers", "Journal", "PeerProtocol", "Zab", "Batch",
            "ClientProtocol", "Jute",
        ]),
    tests(
        "TranscriptTests",
        [
            "ZabCluster", "NodeEnsemble", "Node", "StateMachine", "Journal", "PeerProtocol", "Zab", "Batch", "ClientProtocol",
            "Jute",
        ],
        exclude: ["testdata"]),
    tests("RulesTests", ["Rules"], waits),
    tests("HistoriesTests", ["Histories", "Batch", "Jute", "ClientProtocol"]),
    tests("SimulatorTests", ["Simulator", "Histories", "Batch"]),
    tests("CampaignTests", ["Campaign", "Ensemble", "quorate"], waits),
    tests("ServerTests", ["Server", "Node", "Transport", "Zab"], waits),
    tests("WorkloadTests", ["Workload", yams], waits),
    tests("LoadGeneratorTests", ["LoadGenerator", "Workload", "Statistics", "Transport"], waits),
    // The load generator against a server of known behaviour; needs the processor for itself.
    tests("CalibrationTests", ["LoadGenerator", "Workload", "Statistics", "Transport", "CLinux"]),
    tests("EnsembleTests", ["Ensemble", "Workload", "quorate", "Transport", "CLinux"], waits),
    tests("ChaosTests", ["Chaos", "Histories", "Ensemble", "Workload", "quorate", "Batch", "Jute", "CLinux"], waits),
    tests("BenchmarkTests", ["quorate", "Benchmark", "Ensemble", "Results", "Workload", "LoadGenerator", "Statistics"], waits),
    tests("ReportTests", ["Report", "Results", "Statistics"], exclude: ["golden"], waits),
    tests(
        "InteroperabilityTests",
        [
            "Ensemble", "quorate", "ClassicQueue", "ClientProtocol", "PeerProtocol", "Zab", "Batch", "Jute", "LoadGenerator",
            "Workload",
            "Statistics", "Transport",
        ],
        exclude: ["kazoo"], waits),
    tests("ScriptsTests", [], waits),
    tests("TidyTests", [], exclude: ["fixtures"]),
]

let package = Package(
    name: "quorate",
    products: [
        .executable(name: "quorate", targets: ["quorate"]),
        .library(name: "Server", targets: ["Server", "Handlers"]),
        .library(name: "SlowFlush", type: .dynamic, targets: ["CSlowFlush"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
        .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.2")),
        .package(url: "https://github.com/apple/swift-numerics", .upToNextMinor(from: "1.1.1")),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", .upToNextMinor(from: "0.2.0")),
        .package(url: "https://github.com/jpsim/Yams", .upToNextMinor(from: "6.2.2")),
        .package(url: "https://github.com/swhitty/FlyingFox", .upToNextMinor(from: "0.27.1")),
    ],
    targets: floors0to4 + floors5to11 + testTargets,
    swiftLanguageModes: [.v6]
)
