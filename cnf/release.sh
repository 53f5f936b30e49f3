#!/usr/bin/env bash
# Cuts the released bundles in cnf/release/VERSION, which version-skew tests run against.
#
#   cnf/release.sh MODULE          releases a module as it is, such as device.serial; a released version is never changed
#   cnf/release.sh --api VERSION   releases what device authors build against, as committed, into cnf/repository
#   cnf/release.sh --recut [JAR]   rebuilds released jars, or one of them, from the sources and the pom that each
#                                  carries, after an incompatible change of the device API
#   cnf/release.sh --from FOLDER   the same for a module folder that is not part of the build, such as one of an old commit
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
release=$root/cnf/release
work=$root/target/release

# The folder of a released jar: org.sterna.TYPE-VERSION.jar is in cnf/release/VERSION.
place() {
    local name
    name=$(basename "$1" .jar)
    echo "$release/${name##*-}"
}

put() {
    mkdir -p "$(place "$1")" && cp "$1" "$(place "$1")/" && echo "released $(basename "$1")"
}

build() { # FOLDER: a module folder under $work, built against today's modules
    local name=$1
    # The parent is the reactor's, wherever the folder is.
    sed -i 's|</version></parent>|</version><relativePath>../../../pom.xml</relativePath></parent>|' "$work/$name/pom.xml"
    cat > "$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.sterna</groupId><artifactId>org.sterna.release</artifactId><version>0</version><packaging>pom</packaging>
  <modules><module>../..</module><module>$name</module></modules>
</project>
POM
    JAVA_HOME=$("$root/sterna" jdk) mvn -q -B -ntp -f "$work/pom.xml" -pl "$name" -am -Dmaven.test.skip=true package
    put "$work/$name"/target/org.sterna.*.jar
}

case ${1:-} in
    --api)
        version=${2:?the version is missing}
        repository=$root/cnf/repository
        if [ -n "$(find "$repository" -name "*-$version.jar" 2> /dev/null)" ]; then
            echo "release.sh: $version is released already" >&2
            exit 1
        fi
        modules=$(cd "$root" && grep -l sterna.offer ./*/pom.xml | xargs -n 1 dirname | paste -sd,)
        # In a copy, so that the build of this checkout stays what it is.
        rm -rf "$work/api" && mkdir -p "$work/api"
        git -C "$root" archive HEAD | tar -x -C "$work/api"
        (cd "$work/api" && JAVA_HOME=$("$root/sterna" jdk) mvn -q -B -ntp -Dmaven.test.skip=true -Drevision="$version" \
            -Dsterna.repository="$repository" -pl "$modules" -am verify)
        # What only a local repository has.
        find "$repository" \( -name 'maven-metadata-local.xml' -o -name '_remote.repositories' \) -delete
        find "$repository" -name "*-$version.jar" -exec basename {} \; | sed 's/^/released /' ;;
    --recut)
        shift
        [ $# -gt 0 ] || set -- "$release"/*/*.jar
        for jar in "$@"; do
            jar=$(cd "$(dirname "$jar")" && pwd)/$(basename "$jar")
            name=$(basename "$jar" .jar)
            rm -rf "${work:?}/$name" && mkdir -p "$work/$name/src/main" "$work/$name.jar"
            (cd "$work/$name.jar" && unzip -qo "$jar")
            cp -r "$work/$name.jar/OSGI-OPT/src" "$work/$name/src/main/java"
            cp "$work/$name.jar"/META-INF/maven/*/*/pom.xml "$work/$name/pom.xml"
            echo 'Bundle-Description: ${project.name}' > "$work/$name/bnd.bnd"
            rm -rf "$work/$name.jar"
            build "$name"
        done ;;
    --from)
        name=$(basename "$2")
        rm -rf "${work:?}/$name" && mkdir -p "$work" && cp -r "$2" "$work/$name"
        build "$name" ;;
    device.*)
        "$root/sterna" build
        jar=$(ls "$root/$1"/target/org.sterna.*.jar)
        [ ! -e "$(place "$jar")/$(basename "$jar")" ] || { echo "release.sh: $(basename "$jar") is released already" >&2; exit 1; }
        put "$jar" ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
