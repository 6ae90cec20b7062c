// The scripts: what they refuse and the line they give to type, when they build anew, where they build if the checkout can't be
// written, and that the gate fails when it tested nothing.

import Foundation
import Testing

@Suite struct ScriptsTests {
    @Test func anotherSystemIsSentToAContainer() throws {
        let machine = try StubMachine()
        machine.environment["STUB_SYSTEM"] = "Darwin"
        for script in ["quorate", "bench", "test"] {
            let outcome = try machine.script(script)
            #expect(outcome.code == 69)
            #expect(outcome.text.hasPrefix("Quorate runs on Linux; on this machine type: docker run --rm -it -v "))
        }
        #expect(machine.builds == 0)
    }

    @Test func withoutSwiftTheLineToTypeAsksNothing() throws {
        let machine = try StubMachine()
        let none = try machine.shell("swift_version() { :; }; find_swift")
        #expect(none.code == 69)
        #expect(none.text.hasPrefix("Quorate needs Swift 6.3, and no Swift was found; "))
        #expect(none.text.contains("swiftly-x86_64.tar.gz && ./swiftly init -y --skip-install "))
        #expect(none.text.contains("&& . ~/.local/share/swiftly/env.sh && swiftly install -y "))
        #expect(none.text.split(separator: "\n").count == 1)
        let old = try machine.shell("swift_version() { echo 5 10; }; find_swift")
        #expect(old.code == 69)
        #expect(old.text.contains("only Swift 5.10 in "))
    }

    @Test func aLaterSwiftOnThePathIsTaken() throws {
        let machine = try StubMachine()
        machine.environment["STUB_VERSION"] = "6.10.1"
        let outcome = try machine.shell("find_swift; echo \"$swift\"")
        #expect(outcome.text == "\(machine.path)/bin/swift\n")
    }

    @Test(arguments: [
        ("0", false, "type: apt-get install -y libssl-dev\n"), ("0", true, "type: apt-get install -y libssl-dev\n"),
        ("1000", true, "type: sudo apt-get install -y libssl-dev\n"),
        ("1000", false, "type: su -c 'apt-get install -y libssl-dev'\n"),
    ])
    func theLineToTypeIsOneThatThisUserCanType(_ user: String, hasSudo: Bool, _ line: String) throws {
        let machine = try StubMachine()
        machine.environment["STUB_USER"] = user
        // It asks for a password, which a script can't give.
        if hasSudo { try machine.program("sudo", "exit 1") }
        let required = try machine.shell("has_libssl() { return 1; }; require_libssl")
        #expect(required.code == 69)
        #expect(required.text.hasSuffix(line))
        if user != "0" {
            let installed = try machine.shell("has_libssl() { return 1; }; install_libssl")
            #expect(installed.code == 69)
            #expect(installed.text.hasSuffix(line))
        }
    }

    @Test func rootInstallsAndAFailureNamesEveryStep() throws {
        let machine = try StubMachine()
        machine.environment["STUB_USER"] = "0"
        try machine.program("apt-get", "echo \"$*\" >>\"$STUB_PLACE/apt\"; exit ${STUB_APT:-0}")
        #expect(try machine.shell("has_libssl() { return 1; }; install_libssl").code == 0)
        #expect(machine.read("apt") == "install -y -qq libssl-dev\n")
        machine.environment["STUB_APT"] = "1"
        let failed = try machine.shell("has_libssl() { return 1; }; install_libssl")
        #expect(failed.code == 69)
        #expect(failed.text.hasSuffix("type: apt-get update && apt-get install -y libssl-dev\n"))
        try machine.program("sudo", "exit 1")
        machine.environment["STUB_USER"] = "7"
        #expect(try machine.shell("as_root 'a b && c'").text == "sudo a b && sudo c")
    }

    @Test func itIsBuiltOnceAndAnewWhenASourceIsAnother() throws {
        let machine = try StubMachine()
        #expect(try machine.script("quorate", "serve", "--x").text.hasSuffix("ran serve --x\n"))
        #expect(try machine.script("quorate", "again").text == "ran again\n", "nothing is said when nothing is built")
        #expect(machine.builds == 1)
        // A newer release that is unpacked over this one brings files that may be older than the last build.
        _ = try machine.shell("echo '// other' >Sources/Zab/Zab.swift; touch -d 2001-01-01 Sources/Zab/Zab.swift")
        _ = try machine.script("quorate")
        #expect(machine.builds == 2)
        _ = try machine.shell("rm Sources/Zab/Zab.swift")
        _ = try machine.script("quorate")
        #expect(machine.builds == 3)
        _ = try machine.script("quorate")
        #expect(machine.builds == 3)
    }

    @Test func aBuildThatFailedIsTriedAgain() throws {
        let machine = try StubMachine()
        let swift = machine.read("bin/swift")
        try machine.program("swift", "[ \"$1\" = --version ] && echo 'Swift version 6.3'")
        let failed = try machine.script("quorate")
        #expect(failed.code == 1)
        #expect(failed.text.hasSuffix("The build failed; the lines above say why.\n"))
        try machine.program("swift", swift)
        #expect(try machine.script("quorate").code == 0)
    }

    /// The compiler and what it has started would go on for minutes, and hold the lock of the build.
    @Test(arguments: ["quorate", "bench", "test"], [SIGINT, SIGTERM, SIGHUP])
    func aSignalToTheScriptEndsTheBuildWithIt(script: String, signal: Int32) throws {
        let machine = try StubMachine()
        try machine.program(
            "swift",
            """
            case $1 in
            --version) echo "Swift version 6.3" ;;
            build) echo $$ >"$STUB_PLACE/building"; sh -c 'echo $$ >"$STUB_PLACE/compiler"; sleep 60; :' ;;
            esac
            """)
        let begin = Date()
        let outcome = try #require(try machine.script(script, endedBy: signal))
        #expect(outcome.code == 128 + signal, "\(outcome.text)")
        #expect(Date().timeIntervalSince(begin) < 30)
        #expect(!outcome.text.contains("The build failed") && !outcome.text.contains("Terminated"), "\(outcome.text)")
        for file in ["building", "compiler"] {
            let pid = try #require(Int32(machine.read(file).filter { !$0.isWhitespace }))
            #expect(kill(pid, 0) != 0 && errno == ESRCH)
        }
    }

    @Test func aCheckoutThatCanNotBeWrittenIsCopiedToTheCache() throws {
        let machine = try StubMachine()
        let line = "can_write_here() { return 1; }; build_quorate; echo \"$package\"; \"$binary\" x"
        let outcome = try machine.shell(line)
        #expect(outcome.code == 0, "\(outcome.text)")
        let package = try #require(outcome.text.split(separator: "\n").first { $0.hasSuffix("/source") })
        #expect(package.hasPrefix("\(machine.path)/owner/.cache/quorate/"))
        let copy = String(package.dropFirst(machine.path.count + 1))
        #expect(machine.exists("\(copy)/Sources/Zab/Zab.swift"))
        #expect(!machine.exists("\(copy)/results/2026-run"))
        #expect(!machine.exists("checkout/.build"))
        #expect(outcome.text.hasSuffix("ran x\n"))
        _ = try machine.shell(line)
        #expect(machine.builds == 1)
    }

    @Test func aPlaceThatEverybodyCanWriteToIsUsedOnlyIfItIsOurs() throws {
        let machine = try StubMachine()
        machine.environment["XDG_CACHE_HOME"] = "/proc/nowhere"
        let ours = try machine.shell("cache_directory")
        #expect(ours.code == 0)
        #expect(ours.text.hasPrefix("\(machine.path)/tmp/quorate-1000/quorate/"))
        _ = try machine.shell("rm -r \"$TMPDIR/quorate-1000\"; ln -s \"$HOME\" \"$TMPDIR/quorate-1000\"")
        let foreign = try machine.shell("can_write_here() { return 1; }; choose_places; echo \"$package\"")
        #expect(foreign.code == 69)
        #expect(foreign.text.hasPrefix("\(machine.path)/tmp/quorate-1000 is not a directory of this user; "))
    }

    @Test func theGateRefusesWhatItDoesNotKnow() throws {
        let machine = try StubMachine()
        for argument in ["--filter", "--fast"] {
            let outcome = try machine.script("test", argument)
            #expect(outcome.code == 64)
            #expect(outcome.text.contains("type: scripts/test"))
        }
    }

    @Test func theGateFailsWhenNoTestRan() throws {
        let machine = try StubMachine()
        machine.environment["STUB_REPORT"] = "<testsuites><testsuite></testsuite></testsuites>"
        let none = try machine.script("test", "--quick", "--filter", "TYPO")
        #expect(none.code == 1, "\(none.text)")
        #expect(none.text.contains("No test ran: none is named TYPO."))
        #expect(none.text.hasSuffix("2 passed, 1 failed, 0 skipped\n"))
        machine.environment["STUB_REPORT"] = "<testcase classname=\"ZabTests\" name=\"a\" time=\"1\">\n</testcase>"
        let one = try machine.script("test", "--quick", "--filter", "ZabTests")
        #expect(one.code == 0, "\(one.text)")
        #expect(one.text.hasSuffix("3 passed, 0 failed, 0 skipped\n"))
    }

    @Test(arguments: [(nil, nil, 800...870), (nil, "true", 2300...2370), ("100", nil, 240...240)])
    func theTestsHaveTheTimeThatTheBuildHasLeft(_ limit: String?, _ ci: String?, _ expected: ClosedRange<Int>) throws {
        let machine = try StubMachine()
        machine.environment["STUB_REPORT"] = "<testcase classname=\"ZabTests\" name=\"a\" time=\"1\">\n</testcase>"
        machine.environment["QUORATE_TEST_SECONDS"] = limit
        machine.environment["CI"] = ci
        _ = try machine.script("test", "--quick")
        let seconds = try #require(Int(machine.read("seconds").filter { !$0.isWhitespace }))
        #expect(expected.contains(seconds))
    }

    @Test func theGateNeedsACommitThatIsThere() throws {
        let machine = try StubMachine()
        #expect(try machine.script("gate").text == "scripts/gate needs the commit to compare with; type: scripts/gate HEAD~1\n")
        #expect(try machine.script("gate", "--gate").code == 64)
        #expect(try machine.script("gate", "HEAD").text.hasPrefix("git is not installed; type: "))
        try machine.program("git", "exit 1")
        let unknown = try machine.script("gate", "nix")
        #expect(unknown.code == 64 && unknown.text.hasPrefix("scripts/gate knows no commit 'nix' in this checkout; "))
        #expect(machine.builds == 0)
    }

    @Test func theTrialOfTheDeploymentSaysWhatItNeeds() throws {
        let machine = try StubMachine()
        let user = try machine.script("try-deployment")
        #expect(
            user.code == 69 && user.text.hasPrefix("scripts/try-deployment needs root, as it makes namespaces and mounts; type: ")
        )
        machine.environment["STUB_USER"] = "0"
        let bare = try machine.script("try-deployment")
        #expect(
            bare.code == 69 && bare.text.hasPrefix("scripts/try-deployment needs ip; type: apt-get install iproute2"),
            "\(bare.text)")
        machine.environment["STUB_SYSTEM"] = "Darwin"
        #expect(try machine.script("try-deployment").text.hasPrefix("scripts/try-deployment runs on Linux"))
        #expect(machine.builds == 0)
    }

    /// The trial itself needs root and a minute; that it leaves no block out can be seen without it.
    @Test func theTrialTakesEveryBlockOfTheDocument() throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
        let script = try String(contentsOf: root.appending(path: "scripts/try-deployment"), encoding: .utf8)
        let document = try String(contentsOf: root.appending(path: "docs/DEPLOYMENT.md"), encoding: .utf8)
        let lines = document.split(separator: "\n", omittingEmptySubsequences: false)
        var (step, number, blocks) = ("", 0, 0)
        for (line, next) in zip(lines, lines.dropFirst()) {
            if line.hasPrefix("## ") { (step, number) = (String(line.dropFirst(3).prefix { $0.isNumber }), 0) }
            guard line == "```sh" else { continue }
            number += 1
            blocks += 1
            #expect(next.hasPrefix("# on "), "block \(number) of step \(step)")
            #expect(script.contains("block \(step) \(number)"), "block \(number) of step \(step)")
        }
        #expect(blocks > 10)
    }

    @Test func theGateBuildsBothSidesAndKeepsTheBase() throws {
        let machine = try StubMachine()
        try machine.program("git", "case $* in *rev-parse*) echo 0123456789abcdef ;; *) tar -cf - scripts 2>/dev/null ;; esac")
        let first = try machine.script("gate", "HEAD~1", "--runs", "1")
        #expect(first.code == 0 && machine.builds == 2, "\(first.text)")
        #expect(first.text.contains("Building the base, 0123456789ab (release)"))
        let place = ".build-gate/0123456789abcdef/.build/release/quorate --runs 1\n"
        #expect(first.text.hasSuffix(place) && first.text.contains("ran compare live --base-program "), "\(first.text)")
        #expect(try machine.script("gate", "HEAD~1", "--runs", "1").text.hasSuffix(place))
        #expect(machine.builds == 2)
    }
}
