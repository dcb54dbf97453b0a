"""The verdicts of two programs that differ: differ.py NAME OLD NEW OLD_PROGRAM NEW_PROGRAM NEW_ARGUMENTS ARGUMENTS...

OLD and NEW are files of `run --verdicts`. An engine may choose by chance what the specification leaves open, so a case on which the
two lines differ is run again, alone, on both programs in turn: it does not differ if one of them comes to what the other has said.
"""

import json
import subprocess
import sys
import tempfile

# How often a case is run again on each program.
TRIES = 40


def again(program, arguments, case):
    with tempfile.TemporaryDirectory() as folder:
        verdicts = f"{folder}/verdicts"
        command = [program, "run", "--shrink", "0", "--out", folder, "--verdicts", verdicts, *arguments]
        command += ["--first", str(case), "--cases", "1"]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        with open(verdicts) as lines:
            return lines.read()


def main():
    name, old, new, old_program, new_program, new_arguments, *arguments = sys.argv[1:]
    with open(old) as old_lines, open(new) as new_lines:
        pairs = [(a, b) for a, b in zip(old_lines, new_lines, strict=True) if a != b]
    differ = 0
    for of_old, of_new in pairs:
        case = json.loads(of_old)["case"]
        said = {"old": {of_old}, "new": {of_new}}
        for _ in range(TRIES):
            if said["old"] & said["new"]:
                break
            said["old"].add(again(old_program, arguments, case))
            said["new"].add(again(new_program, [*arguments, *new_arguments.split()], case))
        if not said["old"] & said["new"]:
            differ += 1
            for which, sign in (("old", "<"), ("new", ">")):
                for line in sorted(said[which]):
                    print(f"{name} {sign} {line}", end="")
    sys.exit(1 if differ else 0)


main()
